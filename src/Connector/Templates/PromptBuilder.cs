using CurKv.Connector.Engine;
using CurKv.Connector.Templates.Formats;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.Templates;

/// <summary>Makes prompts of conversations. Thread-safe.</summary>
internal sealed class PromptBuilder(ILlamaEngine engine, ChatTemplate template)
{
    // Stands in a rendered prompt where it is cut. Nothing that a template trims or escapes, or that stands in one.
    private const string QuestionMarker = "e7b1QuestionGoesHere4d0c";
    private const string DocumentSeparator = "\n\n";

    private readonly PromptTokenizer _tokenizer = new(engine, template.Source);

    /// <summary>What renders, and how answers look.</summary>
    public ChatTemplate Template => template;

    /// <summary>How answers look where the prompt itself tells of tools: in what goes on behind text that is read already.</summary>
    public AnswerFormat GenericFormat { get; } = new GenericFormat(template.Format.HasReasoning);

    /// <summary>The prompt of a whole conversation.</summary>
    /// <exception cref="ArgumentException">The template refuses the conversation.</exception>
    public Prompt Build(Conversation conversation) => Describe(template.Render(conversation));

    /// <summary>The part of a prompt that goes before every question about a document: all up to the question itself.</summary>
    public Prompt BuildDocument(string? instructions, string document) =>
        BuildOpening(new Conversation(WithDocument(instructions, document, [new ChatTurn("user", string.Empty)])));

    /// <summary>What follows a document's part: the question and what comes after it.</summary>
    /// <returns>The whole text, and the tokens behind the document's part.</returns>
    /// <exception cref="ArgumentException">The template refuses the conversation.</exception>
    public (string Text, int[] Tokens) BuildQuestion(Prompt documentPart, string? instructions, string document, Conversation conversation) =>
        BuildContinuation(documentPart, conversation with { Turns = WithDocument(instructions, document, conversation.Turns) });

    /// <summary>A conversation's prompt up to the end of what is known of its last turn's content.</summary>
    public Prompt BuildOpening(Conversation conversation)
    {
        IReadOnlyList<ChatTurn> turns = conversation.Turns;
        List<ChatTurn> marked = [.. turns.SkipLast(1), turns[^1] with { Content = turns[^1].Content + QuestionMarker }];
        RenderedPrompt rendered = template.Render(conversation with { Turns = marked });
        int question = rendered.Text.IndexOf(QuestionMarker, StringComparison.Ordinal);
        return question >= 0 ? Describe(rendered, question) : throw CannotReadAhead();
    }

    /// <summary>How a conversation goes on behind its opening.</summary>
    /// <returns>The whole text, and the tokens behind the opening.</returns>
    public (string Text, int[] Tokens) BuildContinuation(Prompt opening, Conversation conversation)
    {
        RenderedPrompt rendered = template.Render(conversation);
        return rendered.Text.StartsWith(opening.Text, StringComparison.Ordinal)
            ? (rendered.Text, _tokenizer.Tokenize(rendered.Text, rendered.Spans, opening.Text.Length))
            : throw CannotReadAhead();
    }

    private LlamaModelException CannotReadAhead() => new(
        engine.Model.Path, $"The chat template of '{engine.Model.Path}' renders a document differently with every question, so it cannot be read ahead of them. Put the document into each prompt.");

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
            Scaffolding(spans, offsets, text.Length, isWhole: end is null));
    }

    private static List<TokenRange> Scaffolding(PromptSpan[] spans, TokenOffsets offsets, int length, bool isWhole)
    {
        List<TokenRange> scaffolding = [];
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

        return scaffolding;

        void Add(int until)
        {
            TokenRange range = offsets.Tokens(at, until);
            if (range.Length > 0)
            {
                scaffolding.Add(range);
            }
        }
    }
}
