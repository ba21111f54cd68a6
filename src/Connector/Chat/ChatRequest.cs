using CurKv.Connector.Templates;
using CurKv.Connector.Templates.Formats;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>One call: its messages and options, read once, before anything else happens.</summary>
internal sealed record ChatRequest
{
    /// <summary>The messages, and the tools that are advertised to the model.</summary>
    public required Conversation Conversation { get; init; }

    /// <summary>The settings of sampling, stop sequences and compression.</summary>
    public required RequestSettings Settings { get; init; }

    /// <summary>The tools that the answer may call.</summary>
    public IReadOnlyList<AIFunctionDeclaration> Callable { get; init; } = [];

    /// <summary>Whether the answer must call a tool.</summary>
    public bool RequiresCall { get; init; }

    /// <summary>Whether it may contain several calls.</summary>
    public bool AllowsMultipleCalls { get; init; } = true;

    /// <summary>The response format; null for any text.</summary>
    public JsonResponseFormat? ResponseFormat { get; init; }

    /// <summary>The maximum length of the answer in tokens; null for no limit.</summary>
    public int? MaxOutputTokens { get; init; }

    /// <summary>Whether the response includes the model's reasoning.</summary>
    public bool ShowsReasoning { get; init; } = true;

    /// <summary>Reads a call's messages and options.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="options">The call's options.</param>
    /// <param name="client">The client that is called.</param>
    /// <param name="skipsUnsupported">Whether that client skips unsupported content, unless the call overrides it.</param>
    /// <exception cref="ArgumentException">A message, a setting or a tool requirement is invalid.</exception>
    /// <exception cref="NotSupportedException">A message has unsupported content.</exception>
    public static ChatRequest Of(IEnumerable<ChatMessage> messages, ChatOptions? options, IChatClient client, bool skipsUnsupported)
    {
        if (options?.MaxOutputTokens < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.MaxOutputTokens, $"{nameof(ChatOptions.MaxOutputTokens)} must be at least 1, or null for no limit.");
        }

        RequestSettings settings = RequestSettings.Of(options, client);
        List<ChatTurn> turns = ConversationMapping.Map(messages, options, settings.SkipsUnsupportedContent ?? skipsUnsupported);

        // Tools of other types run on a provider's servers.
        AIFunctionDeclaration[] tools = options?.ToolMode is NoneChatToolMode ? [] : [.. (options?.Tools ?? []).OfType<AIFunctionDeclaration>()];
        var required = options?.ToolMode as RequiredChatToolMode;
        return new ChatRequest
        {
            Conversation = new Conversation(turns) { Tools = tools, Reasoning = options?.Reasoning },
            Settings = settings,
            Callable = AllowedOf(tools, required),
            RequiresCall = required is not null,
            AllowsMultipleCalls = options?.AllowMultipleToolCalls ?? true,
            ResponseFormat = ResponseFormatMapping.Map(options),
            MaxOutputTokens = options?.MaxOutputTokens,
            ShowsReasoning = options?.Reasoning?.Output is not ReasoningOutput.None,
        };
    }

    private static AIFunctionDeclaration[] AllowedOf(AIFunctionDeclaration[] tools, RequiredChatToolMode? required)
    {
        AIFunctionDeclaration[] callable = required?.RequiredFunctionName is { } name ? Array.FindAll(tools, tool => tool.Name == name) : tools;
        return required is null || callable.Length > 0 ? callable : throw new ArgumentException(
            required.RequiredFunctionName is null
                ? $"{nameof(ChatOptions)}.{nameof(ChatOptions.ToolMode)} requires a call, but there is no function in {nameof(ChatOptions)}.{nameof(ChatOptions.Tools)}. Add one, or set another mode."
                : $"{nameof(ChatOptions)}.{nameof(ChatOptions.ToolMode)} requires a call of '{required.RequiredFunctionName}', which is not in {nameof(ChatOptions)}.{nameof(ChatOptions.Tools)}. Add it, or require one of those.",
            nameof(required));
    }
}
