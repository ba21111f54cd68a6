using CurKv.Connector.Templates.Formats;

namespace CurKv.Connector.Templates;

/// <summary>Transforms messages into forms that templates can render.</summary>
internal static class TurnShaping
{
    private const string Separator = "\n\n";

    /// <summary>Appends to the system prompt, or adds one.</summary>
    public static IReadOnlyList<ChatTurn> Instruct(IReadOnlyList<ChatTurn> turns, string instructions)
    {
        if (turns.Count == 0 || turns[0].Role != "system")
        {
            return [new ChatTurn("system", instructions), .. turns];
        }

        string before = turns[0].Content.Length > 0 ? turns[0].Content + Separator : string.Empty;
        return [turns[0] with { Content = before + instructions }, .. turns.Skip(1)];
    }

    /// <summary>Appends to the last user message.</summary>
    public static IReadOnlyList<ChatTurn> Ask(IReadOnlyList<ChatTurn> turns, string request)
    {
        List<ChatTurn> asked = [.. turns];
        int last = asked.FindLastIndex(turn => turn.Role == "user");
        asked[last] = asked[last] with { Content = asked[last].Content + Separator + request };
        return asked;
    }

    /// <summary>Moves system messages into the user message after them; if <paramref name="keepsFirst"/>, all except one at the beginning.</summary>
    public static IReadOnlyList<ChatTurn> WithoutSystem(IReadOnlyList<ChatTurn> turns, bool keepsFirst = false)
    {
        List<ChatTurn> merged = [.. turns.Take(keepsFirst ? 1 : 0)];
        string held = string.Empty;
        foreach (ChatTurn turn in turns.Skip(merged.Count))
        {
            if (turn.Role == "system")
            {
                held += turn.Content + Separator;
                continue;
            }

            merged.Add(turn.Role == "user" ? turn with { Content = held + turn.Content } : turn);
            held = turn.Role == "user" ? string.Empty : held;
        }

        return held.Length > 0 ? [.. merged, new ChatTurn("user", held[..^Separator.Length])] : merged;
    }

    /// <summary>Merges consecutive messages of a role. A message with calls is not merged, nor is one with reasoning.</summary>
    public static IReadOnlyList<ChatTurn> Merge(IReadOnlyList<ChatTurn> turns, string role)
    {
        List<ChatTurn> merged = [];
        foreach (ChatTurn turn in turns)
        {
            if (turn.Role == role && turn is { Calls.Count: 0, Reasoning: null } && merged is [.., { Calls.Count: 0 } last] && last.Role == role)
            {
                merged[^1] = last with { Content = Join(last.Content, Separator, turn.Content) };
            }
            else
            {
                merged.Add(turn);
            }
        }

        return merged;
    }

    /// <summary>
    /// Writes calls as the text of assistant messages, and results as user messages: one message for all results of a turn and the user's
    /// text after them, since many templates require user and assistant to alternate. Unchanged if the format has no text for them.
    /// </summary>
    public static IReadOnlyList<ChatTurn> WriteCalls(IReadOnlyList<ChatTurn> turns, ChatFormat format)
    {
        List<ChatTurn> written = [];
        bool followsToolResult = false;
        foreach (ChatTurn turn in turns)
        {
            string? result = turn.Role == "tool" ? format.WriteResult(turn.Content) : null;
            ChatTurn next = result is null ? WriteCalls(turn, format) : new ChatTurn("user", result);
            if (followsToolResult && next.Role == "user")
            {
                written[^1] = written[^1] with { Content = Join(written[^1].Content, result is null ? Separator : "\n", next.Content) };
            }
            else
            {
                written.Add(next);
            }

            followsToolResult = result is not null;
        }

        return written;
    }

    /// <summary>Inserts an empty assistant message between a tool result and a user message after it.</summary>
    public static IReadOnlyList<ChatTurn> AnswerResults(IReadOnlyList<ChatTurn> turns) =>
        [.. turns.SelectMany((turn, i) => turn.Role == "user" && i > 0 && turns[i - 1].Role == "tool" ? (ChatTurn[])[new ChatTurn("assistant", string.Empty), turn] : [turn])];

    /// <summary>Splits messages into one for each call, followed by its result: some templates render only one call per message.</summary>
    public static IReadOnlyList<ChatTurn> OneCallEach(IReadOnlyList<ChatTurn> turns)
    {
        List<ChatTurn> split = [];
        for (int i = 0; i < turns.Count; i++)
        {
            if (turns[i].Calls.Count < 2)
            {
                split.Add(turns[i]);
                continue;
            }

            List<ChatTurn> results = [.. turns.Skip(i + 1).TakeWhile(turn => turn.Role == "tool")];
            i += results.Count;
            for (int call = 0; call < turns[i - results.Count].Calls.Count; call++)
            {
                ChatTurn calling = turns[i - results.Count];
                string id = calling.Calls[call].CallId;
                split.Add(call == 0 ? calling with { Calls = [calling.Calls[call]] } : new ChatTurn("assistant", string.Empty) { Calls = [calling.Calls[call]] });
                split.AddRange(results.Where(result => result.CallId == id));
            }

            split.AddRange(results.Where(result => !turns[i - results.Count].Calls.Any(call => call.CallId == result.CallId)));
        }

        return split;
    }

    private static ChatTurn WriteCalls(ChatTurn turn, ChatFormat format) => turn.Calls.Count > 0 && format.WriteCalls(turn.Calls) is { } calls
        ? turn with { Content = Join(turn.Content, "\n", calls), Calls = [] }
        : turn;

    private static string Join(string first, string separator, string second) => first.Length == 0 || second.Length == 0 ? first + second : first + separator + second;
}
