using CurKv.Connector.Engine;
using CurKv.KvPolicy;

namespace CurKv.Connector.Templates;

/// <summary>Makes prompts of conversations. Thread-safe.</summary>
internal sealed class PromptBuilder(ILlamaEngine engine, ChatTemplate template)
{
    // Stand in rendered prompts for what they are cut at. Nothing that a template trims or escapes, or that stands in one.
    private const string QuestionMarker = "e7b1QuestionGoesHere4d0c";
    private const string SystemPromptEnd = "e7b1SystemPromptEndsHere4d0c";
    private const string DocumentSeparator = "\n\n";

    /// <summary>The prompt of a whole conversation.</summary>
    public Prompt Build(IReadOnlyList<ChatTurn> turns)
    {
        string text = template.Render(turns);
        return new Prompt(text, engine.Tokenize(text, addSpecial: true, parseSpecial: true), SystemPrompt(turns));
    }

    /// <summary>The part of a prompt that goes before every question about a document: all up to the question itself.</summary>
    public Prompt BuildDocument(string? instructions, string document)
    {
        List<ChatTurn> turns = WithDocument(instructions, document, [new ChatTurn("user", QuestionMarker)]);
        string text = template.Render(turns);
        int question = text.IndexOf(QuestionMarker, StringComparison.Ordinal);
        text = question >= 0 ? text[..question] : throw CannotReadAhead();
        return new Prompt(text, engine.Tokenize(text, addSpecial: true, parseSpecial: true), SystemPrompt(turns));
    }

    /// <summary>The tokens that follow a document's part: the question and what comes after it.</summary>
    /// <exception cref="ArgumentException">The conversation does not begin with a user's question.</exception>
    public int[] BuildQuestion(Prompt documentPart, string? instructions, string document, IReadOnlyList<ChatTurn> turns)
    {
        if (turns.Count == 0 || turns[0].Role != "user")
        {
            throw new ArgumentException(
                $"A conversation about a document begins with the user's question. Give a system prompt to {nameof(LlamaChatClient.ReadDocumentAsync)} as {nameof(LlamaDocumentOptions)}.{nameof(LlamaDocumentOptions.Instructions)}.", nameof(turns));
        }

        string text = template.Render(WithDocument(instructions, document, turns));
        return text.StartsWith(documentPart.Text, StringComparison.Ordinal)
            ? engine.Tokenize(text[documentPart.Text.Length..], addSpecial: false, parseSpecial: true)
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

    private TokenRange SystemPrompt(IReadOnlyList<ChatTurn> turns)
    {
        if (turns.Count == 0 || turns[0].Role != "system" || turns[0].Content.TrimEnd() is not { Length: > 0 } content)
        {
            return default;
        }

        // Templates place the system prompt as they like; all up to its end is it and its scaffolding. Its own words would not
        // do to find the end: they may stand in the scaffolding as well ("system").
        string text = template.Render([turns[0] with { Content = content + SystemPromptEnd }, .. turns.Skip(1)]);
        int end = text.IndexOf(SystemPromptEnd, StringComparison.Ordinal);
        return end < 0 ? default : new TokenRange(0, engine.Tokenize(text[..end], addSpecial: true, parseSpecial: true).Length);
    }
}
