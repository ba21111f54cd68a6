using System.Text.Json;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.Templates;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>Maps chat messages to template turns.</summary>
internal static class ConversationMapping
{
    /// <summary>The newer name of the system role, which few templates know.</summary>
    private static readonly ChatRole Developer = new("developer");

    /// <summary>
    /// Maps messages. The options' instructions become the first system message. A message with several results becomes several turns.
    /// </summary>
    /// <param name="messages">The messages.</param>
    /// <param name="options">The call's options.</param>
    /// <param name="skipsUnsupported">Whether unsupported content is skipped.</param>
    /// <exception cref="ArgumentException">There is no message, a message is null, or a text contains a NUL character.</exception>
    /// <exception cref="NotSupportedException">A message has unsupported content.</exception>
    public static List<ChatTurn> Map(IEnumerable<ChatMessage> messages, ChatOptions? options, bool skipsUnsupported = false)
    {
        ArgumentNullException.ThrowIfNull(messages);
        List<ChatTurn> turns = [];
        var toolNames = new Dictionary<string, string>(StringComparer.Ordinal);
        int number = 0;
        foreach (ChatMessage? message in messages)
        {
            if (message is null)
            {
                throw new ArgumentException("A message is null. Leave it out.", nameof(messages));
            }

            number++;
            var text = new MessageText($"Message {number} ({message.Role})", skipsUnsupported);
            turns.AddRange(Map(message, text, toolNames).Select(turn => WithoutNul(turn, nameof(messages))));
        }

        if (turns.Count == 0)
        {
            throw new ArgumentException("There are no messages. Send at least a user message.", nameof(messages));
        }

        if (!string.IsNullOrEmpty(options?.Instructions))
        {
            turns.Insert(0, new ChatTurn("system", NativeText.WithoutNul(options.Instructions, nameof(options))));
        }

        return turns;
    }

    private static IEnumerable<ChatTurn> Map(ChatMessage message, MessageText texts, Dictionary<string, string> toolNames)
    {
        // Text after results responds to them. Histories of other clients contain such messages.
        int firstResult = message.Contents.TakeWhile(content => content is not FunctionResultContent).Count();
        string role = TemplateRole(message.Role);
        string text = texts.Join(message.Contents.Take(firstResult));
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
            yield return new ChatTurn("tool", texts.Of(result)) { CallId = result.CallId, ToolName = toolNames.GetValueOrDefault(result.CallId) };
        }

        string behind = texts.Join(message.Contents.Skip(firstResult));
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

    // Roles are compared ignoring case, but templates compare exactly, and ignore unknown roles.
    private static string TemplateRole(ChatRole role) => role == ChatRole.System || role == Developer ? "system"
        : role == ChatRole.User ? "user"
        : role == ChatRole.Assistant ? "assistant"
        : role == ChatRole.Tool ? "tool"
        : role.Value;
}
