using CurKv.Connector.Engine;
using CurKv.Connector.Templates.Formats;
using CurKv.Jinja;
using Microsoft.Extensions.Logging;

namespace CurKv.Connector.Templates;

/// <summary>Renders conversations as a model was trained to read them, and knows how its answers look. Thread-safe.</summary>
internal abstract partial class ChatTemplate
{
    private static readonly Conversation Trial = new([new ChatTurn("user", "?")]);

    /// <summary>The template itself; of llama.cpp's list, what names it.</summary>
    public abstract string Source { get; }

    /// <summary>How answers look.</summary>
    public abstract AnswerFormat Format { get; }

    /// <summary>Takes the template that the options name, else the model's own; llama.cpp's list of known ones where that is no Jinja that can be rendered.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="configured">A Jinja template or a name on llama.cpp's list; null for the model's own.</param>
    /// <param name="clock">What templates ask for the date.</param>
    /// <param name="logger">Is warned where llama.cpp's list has to do.</param>
    /// <exception cref="LlamaModelException">There is no template, or none that can be rendered.</exception>
    public static ChatTemplate Create(ILlamaEngine engine, string? configured, TimeProvider clock, ILogger logger)
    {
        string source = configured ?? engine.Model.ChatTemplate
            ?? throw new LlamaModelException(engine.Model.Path, $"'{engine.Model.Path}' brings no chat template.") { Fault = LlamaFault.TemplateUnusable };
        string why = string.Empty;
        if (source.Contains("{{", StringComparison.Ordinal) || source.Contains("{%", StringComparison.Ordinal))
        {
            try
            {
                var template = new JinjaChatTemplate(engine, source, clock);
                template.Render(Trial);
                return template;
            }
            catch (Exception e) when (e is JinjaException or ArgumentException or LlamaModelException)
            {
                why = e.Message;
            }
        }

        if (engine.ApplyTemplate(source, [("user", "?")], addAssistant: true) is null)
        {
            throw new LlamaModelException(
                engine.Model.Path,
                configured is null ? $"The chat template of '{engine.Model.Path}' cannot be rendered: {why}" : $"llama.cpp does not know the chat template \"{configured}\". {why}")
            {
                Fault = LlamaFault.TemplateUnusable,
            };
        }

        if (why.Length > 0)
        {
            LogFallback(logger, engine.Model.Path, why);
        }

        return new KnownChatTemplate(engine, source);
    }

    /// <summary>Renders a conversation and opens the assistant's turn.</summary>
    /// <exception cref="ArgumentException">The template refuses the conversation, such as two messages of one role in a row.</exception>
    public abstract RenderedPrompt Render(Conversation conversation);

    /// <summary>
    /// Tells of tools in the system prompt where the template cannot, writes calls and results as text there, and puts messages together
    /// whose order it would refuse.
    /// </summary>
    protected List<ChatTurn> Shape(Conversation conversation, TemplateRoles roles)
    {
        IReadOnlyList<ChatTurn> turns = conversation.Turns;
        string? told = Format.ToolsPrompt(conversation.Tools);
        if (told is not null)
        {
            turns = TurnShaping.WriteCalls(turns, Format);
            turns = conversation.Tools.Count > 0 ? TurnShaping.Instruct(turns, told) : turns;
        }

        if (Format.RendersOneCall)
        {
            turns = TurnShaping.OneCallEach(turns);
        }

        if (!roles.UserBehindResult)
        {
            turns = TurnShaping.AnswerResults(turns);
        }

        if (!roles.LaterSystem)
        {
            turns = TurnShaping.WithoutSystem(TurnShaping.Merge(turns, "system"), keepsFirst: roles.System);
        }

        if (!roles.RepeatedUser)
        {
            turns = TurnShaping.Merge(TurnShaping.Merge(turns, "user"), "assistant");
        }

        return [.. turns];
    }

    [LoggerMessage(LogLevel.Warning, "The chat template of '{Path}' cannot be rendered, and llama.cpp's own version of it is used, which knows no tools: {Why}")]
    private static partial void LogFallback(ILogger logger, string path, string why);
}
