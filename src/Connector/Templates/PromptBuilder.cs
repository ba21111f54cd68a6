using CurKv.Connector.Engine;
using CurKv.KvPolicy;

namespace CurKv.Connector.Templates;

/// <summary>Makes prompts of conversations. Thread-safe.</summary>
internal sealed class PromptBuilder(ILlamaEngine engine, ChatTemplate template)
{
    // Stands in a rendered prompt where it is cut. Nothing that a template trims or escapes, or that stands in one.
    private const string QuestionMarker = "e7b1QuestionGoesHere4d0c";
    private const string DocumentSeparator = "\n\n";

    /// <summary>The prompt of a whole conversation.</summary>
    public Prompt Build(IReadOnlyList<ChatTurn> turns)
    {
        string text = template.Render(turns);
        return Describe(text, turns, ContentSpans.Find(template, turns, text));
    }

    /// <summary>The part of a prompt that goes before every question about a document: all up to the question itself.</summary>
    public Prompt BuildDocument(string? instructions, string document) =>
        BuildOpening(WithDocument(instructions, document, [new ChatTurn("user", string.Empty)]));

    /// <summary>The tokens that follow a document's part: the question and what comes after it.</summary>
    /// <exception cref="ArgumentException">The conversation does not begin with a user's question.</exception>
    public int[] BuildQuestion(Prompt documentPart, string? instructions, string document, IReadOnlyList<ChatTurn> turns)
    {
        if (turns.Count == 0 || turns[0].Role != "user")
        {
            throw new ArgumentException(
                $"A conversation about a document begins with the user's question. Give a system prompt to {nameof(LlamaChatClient.ReadDocumentAsync)} as {nameof(LlamaDocumentOptions)}.{nameof(LlamaDocumentOptions.Instructions)}.", nameof(turns));
        }

        return BuildContinuation(documentPart, WithDocument(instructions, document, turns));
    }

    /// <summary>A conversation's prompt up to the end of what is known of its last turn's content.</summary>
    public Prompt BuildOpening(IReadOnlyList<ChatTurn> turns)
    {
        List<ChatTurn> marked = [.. turns.SkipLast(1), turns[^1] with { Content = turns[^1].Content + QuestionMarker }];
        string text = template.Render(marked);
        int question = text.IndexOf(QuestionMarker, StringComparison.Ordinal);
        return question >= 0 ? Describe(text[..question], turns, ContentSpans.Find(template, marked, text)) : throw CannotReadAhead();
    }

    /// <summary>The tokens with which a conversation goes on behind its opening.</summary>
    public int[] BuildContinuation(Prompt opening, IReadOnlyList<ChatTurn> turns)
    {
        string text = template.Render(turns);
        return text.StartsWith(opening.Text, StringComparison.Ordinal)
            ? engine.Tokenize(text[opening.Text.Length..], addSpecial: false, parseSpecial: true)
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

    // Of an opening, the text is shorter than what the spans were found in.
    private Prompt Describe(string text, IReadOnlyList<ChatTurn> turns, IReadOnlyList<Range> contents)
    {
        int[] tokens = engine.Tokenize(text, addSpecial: true, parseSpecial: true);
        if (contents.Count == 0 || TokenOffsets.Find(engine, text, tokens) is not { } offsets)
        {
            return new Prompt(text, tokens, default, []);
        }

        List<TokenRange> scaffolding = [];
        int at = 0;
        foreach (Range content in (Range[])[.. contents, .. contents.Count == turns.Count ? [text.Length..] : Array.Empty<Range>()])
        {
            TokenRange range = offsets.Tokens(at, Math.Min(content.Start.Value, text.Length));
            if (range.Length > 0)
            {
                scaffolding.Add(range);
            }

            at = content.End.Value;
        }

        bool hasSystemPrompt = turns[0].Role == "system" && contents[0].Start.Value < contents[0].End.Value;
        return new Prompt(text, tokens, hasSystemPrompt ? offsets.Tokens(0, contents[0].End.Value) with { Start = 0 } : default, scaffolding);
    }
}
