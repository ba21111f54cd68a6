using System.Text.Json;
using CurKv.Connector.Templates;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>Chat messages to template turns.</summary>
internal static class ConversationMapping
{
    /// <summary>The newer name of a system message, of which only few templates know.</summary>
    private static readonly ChatRole Developer = new("developer");

    /// <summary>
    /// Maps messages; the options' instructions become the first system message. Content other than text, reasoning, calls and results
    /// is skipped. A message with several results becomes a turn for each.
    /// </summary>
    /// <exception cref="ArgumentException">There is no message, or one is null, or a text holds a NUL character.</exception>
    public static List<ChatTurn> Map(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        ArgumentNullException.ThrowIfNull(messages);
        List<ChatTurn> turns = [];
        var toolNames = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (ChatMessage? message in messages)
        {
            if (message is null)
            {
                throw new ArgumentException("A message is null. Leave it out.", nameof(messages));
            }

            turns.AddRange(Map(message, toolNames));
        }

        if (turns.Count == 0)
        {
            throw new ArgumentException("There are no messages. Send at least the user's one.", nameof(messages));
        }

        if (!string.IsNullOrEmpty(options?.Instructions))
        {
            turns.Insert(0, new ChatTurn("system", WithoutNul(options.Instructions, nameof(options))));
        }

        return turns;
    }

    /// <summary>Refuses what llama.cpp would cut off silently.</summary>
    /// <exception cref="ArgumentException">The text holds a NUL character.</exception>
    public static string WithoutNul(string text, string parameter) => text.Contains('\0', StringComparison.Ordinal)
        ? throw new ArgumentException($"The text holds a NUL character at {text.IndexOf('\0', StringComparison.Ordinal)}, where llama.cpp would end it. Remove it; text extraction often leaves some.", parameter)
        : text;

    private static IEnumerable<ChatTurn> Map(ChatMessage message, Dictionary<string, string> toolNames)
    {
        FunctionCallContent[] calls = [.. message.Contents.OfType<FunctionCallContent>()];
        foreach (FunctionCallContent call in calls)
        {
            toolNames[call.CallId] = call.Name;
        }

        FunctionResultContent[] results = [.. message.Contents.OfType<FunctionResultContent>()];
        string text = WithoutNul(message.Text, "messages");
        if (results.Length == 0 || text.Length > 0 || calls.Length > 0)
        {
            string reasoning = string.Concat(message.Contents.OfType<TextReasoningContent>().Select(content => content.Text));
            yield return new ChatTurn(TemplateRole(message.Role), text)
            {
                Calls = calls,
                Reasoning = reasoning.Length > 0 ? WithoutNul(reasoning, "messages") : null,
            };
        }

        foreach (FunctionResultContent result in results)
        {
            yield return new ChatTurn("tool", WithoutNul(Text(result), "messages"))
            {
                CallId = result.CallId,
                ToolName = toolNames.GetValueOrDefault(result.CallId),
            };
        }
    }

    // Roles are equal whatever their case, but templates know theirs by the letter and pass over what they do not know.
    private static string TemplateRole(ChatRole role) => role == ChatRole.System || role == Developer ? "system"
        : role == ChatRole.User ? "user"
        : role == ChatRole.Assistant ? "assistant"
        : role == ChatRole.Tool ? "tool"
        : role.Value;

    // Results that have crossed a wire are JsonElements.
    private static string Text(FunctionResultContent result) => result.Result switch
    {
        null => result.Exception is { } exception ? $"Error: {exception.Message}" : string.Empty,
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } json => json.GetString()!,
        object value => ModelJson.Write(value),
    };
}
