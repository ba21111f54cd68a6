using CurKv.Connector.Engine;
using CurKv.KvPolicy;

namespace CurKv.Connector.Templates;

/// <summary>Makes prompts of conversations. Thread-safe.</summary>
internal sealed class PromptBuilder(ILlamaEngine engine, ChatTemplate template)
{
    // Stands for the question while a document's part of the prompt is cut out. Nothing that a template trims or escapes.
    private const string QuestionMarker = "e7b1QuestionGoesHere4d0c";
    private const string DocumentSeparator = "\n\n";

    /// <summary>The prompt of a whole conversation.</summary>
    public Prompt Build(IReadOnlyList<ChatTurn> turns)
    {
        string text = template.Render(turns);
        return new Prompt(text, engine.Tokenize(text, addSpecial: true, parseSpecial: true), SystemPrompt(text, turns));
    }

    /// <summary>The part of a prompt that goes before every question about a document: all up to the question itself.</summary>
    public Prompt BuildDocument(string? instructions, string document)
    {
        List<ChatTurn> turns = instructions is null ? [] : [new ChatTurn("system", instructions)];
        string text = template.Render(WithDocument(turns, document, [new ChatTurn("user", QuestionMarker)]));
        text = text[..text.IndexOf(QuestionMarker, StringComparison.Ordinal)];
        return new Prompt(text, engine.Tokenize(text, addSpecial: true, parseSpecial: true), SystemPrompt(text, turns));
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

        List<ChatTurn> before = instructions is null ? [] : [new ChatTurn("system", instructions)];
        string text = template.Render(WithDocument(before, document, turns));
        return text.StartsWith(documentPart.Text, StringComparison.Ordinal)
            ? engine.Tokenize(text[documentPart.Text.Length..], addSpecial: false, parseSpecial: true)
            : throw new LlamaModelException(engine.Model.Path, $"The chat template of '{engine.Model.Path}' renders a document differently with every question, so it cannot be read ahead of them. Put the document into each prompt.");
    }

    private static List<ChatTurn> WithDocument(List<ChatTurn> before, string document, IReadOnlyList<ChatTurn> turns) =>
        [.. before, turns[0] with { Content = document + DocumentSeparator + turns[0].Content }, .. turns.Skip(1)];

    private TokenRange SystemPrompt(string text, IReadOnlyList<ChatTurn> turns)
    {
        if (turns.Count == 0 || turns[0].Role != "system" || turns[0].Content.Trim() is not { Length: > 0 } content)
        {
            return default;
        }

        // Templates place the system prompt as they like; all up to its end is it and its scaffolding.
        int start = text.IndexOf(content, StringComparison.Ordinal);
        return start < 0 ? default : new TokenRange(0, engine.Tokenize(text[..(start + content.Length)], addSpecial: true, parseSpecial: true).Length);
    }
}
