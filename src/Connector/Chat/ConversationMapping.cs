using CurKv.Connector.Templates;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>Chat messages to template turns.</summary>
internal static class ConversationMapping
{
    /// <summary>Maps messages; the options' instructions become the first system message. Content other than text is skipped.</summary>
    /// <exception cref="ArgumentException">There is no message, or one is null.</exception>
    public static List<ChatTurn> Map(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        ArgumentNullException.ThrowIfNull(messages);
        List<ChatTurn> turns = [];
        foreach (ChatMessage? message in messages)
        {
            if (message is null)
            {
                throw new ArgumentException("A message is null. Leave it out.", nameof(messages));
            }

            turns.Add(new ChatTurn(message.Role.Value, WithoutNul(message.Text, nameof(messages))));
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
}
