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

            turns.Add(new ChatTurn(message.Role.Value, message.Text));
        }

        if (turns.Count == 0)
        {
            throw new ArgumentException("There are no messages. Send at least the user's one.", nameof(messages));
        }

        if (!string.IsNullOrEmpty(options?.Instructions))
        {
            turns.Insert(0, new ChatTurn("system", options.Instructions));
        }

        return turns;
    }
}
