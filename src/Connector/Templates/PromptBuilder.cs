using CurKv.Connector.Engine;
using CurKv.Connector.Templates.Formats;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.Templates;

/// <summary>Creates prompts from conversations. Thread-safe.</summary>
internal sealed class PromptBuilder(ILlamaEngine engine, ChatTemplate template)
{
    // Delimiters where a rendered prompt is split. Templates do not trim or escape it, and do not contain it.
    private const string QuestionMarker = "e7b1QuestionGoesHere4d0c";
    private const string DocumentSeparator = "\n\n";

    private readonly PromptTokenizer _tokenizer = new(engine, template.Source);

    /// <summary>The chat template.</summary>
    public ChatTemplate Template => template;

    /// <summary>The output format when the prompt itself advertises tools, after text that is already prefilled.</summary>
    public ChatFormat GenericFormat { get; } = new GenericFormat(template.Format.HasReasoning);

    /// <summary>The prompt of a whole conversation.</summary>
    /// <exception cref="ArgumentException">The template rejects the conversation.</exception>
    public Prompt Build(Conversation conversation) => Describe(template.Render(conversation));

    /// <summary>The prompt prefix that all questions about a document share: everything up to the question itself.</summary>
    public Prompt BuildDocument(string? instructions, string document) =>
        BuildPrefix(new Conversation(WithDocument(instructions, document, [new ChatTurn("user", string.Empty)])));

    /// <summary>The rest of a prompt after the document's prefix: the question and everything after it.</summary>
    /// <returns>The whole text, and the tokens after the prefix.</returns>
    /// <exception cref="ArgumentException">The template rejects the conversation.</exception>
    public (string Text, int[] Tokens) BuildQuestion(Prompt documentPart, string? instructions, string document, Conversation conversation) =>
        BeginsWithQuestion(conversation)
            ? BuildContinuation(documentPart, conversation with { Turns = WithDocument(instructions, document, conversation.Turns) })
            : throw new ArgumentException("A conversation about a document begins with the user's question.", nameof(conversation));

    /// <summary>Whether a conversation can follow a document.</summary>
    public static bool BeginsWithQuestion(Conversation conversation) => conversation.Turns.Count > 0 && conversation.Turns[0].Role == "user";

    /// <summary>A conversation's prompt up to the end of its last turn's content, which may still grow.</summary>
    public Prompt BuildPrefix(Conversation conversation)
    {
        IReadOnlyList<ChatTurn> turns = conversation.Turns;
        List<ChatTurn> marked = [.. turns.SkipLast(1), turns[^1] with { Content = turns[^1].Content + QuestionMarker }];
        RenderedPrompt rendered = template.Render(conversation with { Turns = marked });
        int question = rendered.Text.IndexOf(QuestionMarker, StringComparison.Ordinal);
        return question >= 0 ? Describe(rendered, question) : throw CannotPrefillAhead();
    }

    /// <summary>The rest of a conversation's prompt after its prefix.</summary>
    /// <returns>The whole text, and the tokens after the prefix.</returns>
    public (string Text, int[] Tokens) BuildContinuation(Prompt prefix, Conversation conversation)
    {
        RenderedPrompt rendered = template.Render(conversation);
        return rendered.Text.StartsWith(prefix.Text, StringComparison.Ordinal)
            ? (rendered.Text, _tokenizer.Tokenize(rendered.Text, rendered.Spans, prefix.Text.Length))
            : throw CannotPrefillAhead();
    }

    private LlamaModelException CannotPrefillAhead() => new(
        engine.Model.Path, $"The chat template of '{engine.Model.Path}' renders a document differently with every question, so it cannot be prefilled in advance. Put the document into each prompt.");

    private static List<ChatTurn> WithDocument(string? instructions, string document, IReadOnlyList<ChatTurn> turns)
    {
        List<ChatTurn> result = [turns[0] with { Content = document + DocumentSeparator + turns[0].Content }, .. turns.Skip(1)];
        if (!string.IsNullOrEmpty(instructions))
        {
            result.Insert(0, new ChatTurn("system", instructions));
        }

        return result;
    }

    private Prompt Describe(RenderedPrompt rendered, int? end = null)
    {
        string text = end is int cut ? rendered.Text[..cut] : rendered.Text;
        PromptSpan[] spans = [.. rendered.Spans.Where(span => span.Start < text.Length).Select(span => span with { End = Math.Min(span.End, text.Length) })];
        int[] tokens = _tokenizer.Tokenize(text, spans);
        if (spans.Length == 0 || TokenOffsets.Find(engine, text, tokens) is not { } offsets)
        {
            return new Prompt(text, tokens, default, default, []);
        }

        bool beginsWithSystem = rendered.Turns[0].Role == "system";
        PromptSpan system = Array.FindLast(spans, span => span is { Part: PromptPart.Content, Turn: 0 });
        PromptSpan firstTool = Array.Find(spans, span => span.Part == PromptPart.Tools);
        PromptSpan lastTool = Array.FindLast(spans, span => span.Part == PromptPart.Tools);
        return new Prompt(
            text,
            tokens,
            beginsWithSystem && !text.AsSpan(system.Start..system.End).IsWhiteSpace() ? offsets.Tokens(0, system.End) with { Start = 0 } : default,
            offsets.Tokens(firstTool.Start, lastTool.End),
            TemplateTokens(spans, offsets, text.Length, isWhole: end is null));
    }

    private static List<TokenRange> TemplateTokens(PromptSpan[] spans, TokenOffsets offsets, int length, bool isWhole)
    {
        List<TokenRange> templateTokens = [];
        int at = 0;
        foreach (PromptSpan span in spans)
        {
            Add(span.Start);
            at = span.End;
        }

        if (isWhole)
        {
            Add(length);
        }

        return templateTokens;

        void Add(int until)
        {
            TokenRange range = offsets.Tokens(at, until);
            if (range.Length > 0)
            {
                templateTokens.Add(range);
            }
        }
    }
}
