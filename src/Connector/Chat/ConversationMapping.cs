using System.Text.Json;
using CurKv.Connector.Engine;
using CurKv.Connector.Templates;
using CurKv.Connector.Templates.Formats;
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

            turns.AddRange(Map(message, toolNames).Select(turn => WithoutNul(turn, nameof(messages))));
        }

        if (turns.Count == 0)
        {
            throw new ArgumentException("There are no messages. Send at least the user's one.", nameof(messages));
        }

        if (!string.IsNullOrEmpty(options?.Instructions))
        {
            turns.Insert(0, new ChatTurn("system", NativeText.WithoutNul(options.Instructions, nameof(options))));
        }

        return turns;
    }

    private static IEnumerable<ChatTurn> Map(ChatMessage message, Dictionary<string, string> toolNames)
    {
        // Text behind results answers to them: others' histories hold such messages.
        int firstResult = message.Contents.TakeWhile(content => content is not FunctionResultContent).Count();
        string role = TemplateRole(message.Role);
        string text = Text(message.Contents.Take(firstResult));
        FunctionCallContent[] calls = [.. message.Contents.OfType<FunctionCallContent>()];
        foreach (FunctionCallContent call in calls)
        {
            toolNames[call.CallId] = call.Name;
        }

        if (firstResult == message.Contents.Count || text.Length > 0 || calls.Length > 0)
        {
            string reasoning = string.Concat(message.Contents.OfType<TextReasoningContent>().Select(content => content.Text));
            yield return new ChatTurn(role, text) { Calls = calls, Reasoning = reasoning.Length > 0 ? reasoning : null };
        }

        foreach (FunctionResultContent result in message.Contents.OfType<FunctionResultContent>())
        {
            yield return new ChatTurn("tool", Text(result)) { CallId = result.CallId, ToolName = toolNames.GetValueOrDefault(result.CallId) };
        }

        string behind = Text(message.Contents.Skip(firstResult));
        if (behind.Length > 0)
        {
            yield return new ChatTurn(role == "tool" ? "user" : role, behind);
        }
    }

    private static ChatTurn WithoutNul(ChatTurn turn, string parameter)
    {
        NativeText.WithoutNul(turn.Content, parameter);
        NativeText.WithoutNul(turn.Reasoning ?? string.Empty, parameter);
        return turn;
    }

    private static string Text(IEnumerable<AIContent> contents) => string.Concat(contents.OfType<TextContent>().Select(content => content.Text));

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
