using CurKv.Connector.Engine;
using CurKv.Connector.Templates.Formats;
using CurKv.Jinja;
using Microsoft.Extensions.Logging;

namespace CurKv.Connector.Templates;

/// <summary>Renders conversations with a model's chat template, and knows the format of the model's output. Thread-safe.</summary>
internal abstract partial class ChatTemplate
{
    private static readonly Conversation Trial = new([new ChatTurn("user", "?")]);

    /// <summary>The template's source, or the name of one of llama.cpp's built-in templates.</summary>
    public abstract string Source { get; }

    /// <summary>The format of the model's output.</summary>
    public abstract ChatFormat Format { get; }

    /// <summary>Creates the configured template, or the model's own. If that is not Jinja that can be rendered, llama.cpp's built-in version is used.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="configured">A Jinja template, or the name of one of llama.cpp's built-in templates; null for the model's own.</param>
    /// <param name="clock">The source of the date in templates.</param>
    /// <param name="logger">Receives a warning if a built-in template is used instead.</param>
    /// <exception cref="LlamaModelException">There is no template, or none that can be rendered.</exception>
    public static ChatTemplate Create(ILlamaEngine engine, string? configured, TimeProvider clock, ILogger logger)
    {
        string source = configured ?? engine.Model.ChatTemplate
            ?? throw new LlamaModelException(engine.Model.Path, $"'{engine.Model.Path}' contains no chat template.") { Fault = LlamaFault.TemplateUnusable };
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

        return new BuiltInChatTemplate(engine, source);
    }

    /// <summary>Renders a conversation and opens the assistant's turn.</summary>
    /// <exception cref="ArgumentException">The template rejects the conversation, such as two consecutive messages of one role.</exception>
    public abstract RenderedPrompt Render(Conversation conversation);

    /// <summary>
    /// Adapts messages to the template: if it does not support tools, they are advertised in the system prompt, and calls and results are
    /// written as text; messages whose order it would reject are merged.
    /// </summary>
    protected List<ChatTurn> Shape(Conversation conversation, TemplateRoles roles)
    {
        IReadOnlyList<ChatTurn> turns = conversation.Turns;
        string? toolsPrompt = Format.ToolsPrompt(conversation.Tools);
        if (toolsPrompt is not null)
        {
            turns = TurnShaping.WriteCalls(turns, Format);
            turns = conversation.Tools.Count > 0 ? TurnShaping.Instruct(turns, toolsPrompt) : turns;
        }

        if (Format.RendersOneCall)
        {
            turns = TurnShaping.OneCallEach(turns);
        }

        if (!roles.UserAfterToolResult)
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

    [LoggerMessage(LogLevel.Warning, "The chat template of '{Path}' cannot be rendered. llama.cpp's built-in version is used instead, which does not support tools: {Why}")]
    private static partial void LogFallback(ILogger logger, string path, string why);
}
