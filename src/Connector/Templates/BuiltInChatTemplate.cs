using CurKv.Connector.Engine;
using CurKv.Connector.Templates.Formats;

namespace CurKv.Connector.Templates;

/// <summary>A built-in chat template of llama.cpp, which supports only roles and contents. Thread-safe.</summary>
/// <param name="engine">Renders the template.</param>
/// <param name="source">The template's name or text.</param>
internal sealed class BuiltInChatTemplate(ILlamaEngine engine, string source) : ChatTemplate
{
    /// <inheritdoc/>
    public override string Source => source;

    /// <inheritdoc/>
    public override ChatFormat Format { get; } = new GenericFormat(source.Contains(ReasoningDelimiters.Think.Open, StringComparison.Ordinal));

    /// <inheritdoc/>
    public override RenderedPrompt Render(Conversation conversation)
    {
        // llama.cpp's built-in templates accept every order, and merge system messages themselves.
        List<ChatTurn> turns = Shape(conversation, TemplateRoles.All);
        string text = Apply(turns);
        IReadOnlyList<Range> contents = ContentSpans.Find(Apply, turns, text);
        return new RenderedPrompt(text, turns, [.. contents.Select((range, i) => new PromptSpan(range.Start.Value, range.End.Value, PromptPart.Content, i))]);
    }

    private string Apply(IReadOnlyList<ChatTurn> turns) =>
        engine.ApplyTemplate(source, [.. turns.Select(turn => (turn.Role, turn.Content))], addAssistant: true)
        ?? throw new LlamaModelException(engine.Model.Path, $"llama.cpp could not render this conversation with the chat template of '{engine.Model.Path}'.");
}
