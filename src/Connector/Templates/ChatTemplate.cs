using CurKv.Connector.Engine;

namespace CurKv.Connector.Templates;

/// <summary>Renders messages by the model's chat template, through llama.cpp's list of known ones. Thread-safe.</summary>
internal sealed class ChatTemplate
{
    private readonly ILlamaEngine _engine;
    private readonly string _template;

    /// <summary>Takes the template that the options name, else the model's own.</summary>
    /// <exception cref="LlamaModelException">There is none, or llama.cpp does not know it.</exception>
    public ChatTemplate(ILlamaEngine engine, string? configured)
    {
        const string Fix = $"Set {nameof(LlamaChatClientOptions)}.{nameof(LlamaChatClientOptions.ChatTemplate)} to one of llama.cpp's templates, such as \"chatml\" or \"llama3\".";
        _engine = engine;
        _template = configured ?? engine.Model.ChatTemplate
            ?? throw new LlamaModelException(engine.Model.Path, $"'{engine.Model.Path}' brings no chat template. {Fix}");
        if (engine.ApplyTemplate(_template, [("user", "?")], addAssistant: true) is null)
        {
            throw new LlamaModelException(
                engine.Model.Path,
                configured is null ? $"llama.cpp does not know the chat template of '{engine.Model.Path}'. {Fix}" : $"llama.cpp does not know the chat template \"{configured}\". {Fix}");
        }
    }

    /// <summary>Renders a conversation and opens the assistant's turn.</summary>
    public string Render(IReadOnlyList<ChatTurn> turns) =>
        _engine.ApplyTemplate(_template, [.. turns.Select(turn => (turn.Role, turn.Content))], addAssistant: true)
        ?? throw new LlamaModelException(_engine.Model.Path, $"llama.cpp could not render this conversation with the chat template of '{_engine.Model.Path}'.");
}
