using CurKv.Connector.Templates.Formats;

namespace CurKv.Connector.Templates;

/// <summary>Brings messages into the shapes that templates can render.</summary>
internal static class TurnShaping
{
    private const string Separator = "\n\n";

    /// <summary>Adds to the system prompt, or makes one.</summary>
    public static IReadOnlyList<ChatTurn> Instruct(IReadOnlyList<ChatTurn> turns, string instructions)
    {
        if (turns.Count == 0 || turns[0].Role != "system")
        {
            return [new ChatTurn("system", instructions), .. turns];
        }

        string before = turns[0].Content.Length > 0 ? turns[0].Content + Separator : string.Empty;
        return [turns[0] with { Content = before + instructions }, .. turns.Skip(1)];
    }

    /// <summary>Adds to the last user's message.</summary>
    public static IReadOnlyList<ChatTurn> Ask(IReadOnlyList<ChatTurn> turns, string request)
    {
        List<ChatTurn> asked = [.. turns];
        int last = asked.FindLastIndex(turn => turn.Role == "user");
        asked[last] = asked[last] with { Content = asked[last].Content + Separator + request };
        return asked;
    }

    /// <summary>Puts system messages into the user's message behind them; where <paramref name="keepsFirst"/>, all but one at the beginning.</summary>
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

    /// <summary>Makes one message of a role's neighbouring ones. A message with calls stays alone, and so does one with reasoning before it.</summary>
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
    /// Calls as the text of the assistant's messages, and results as the user's: one message for all results of a turn and what the user
    /// says behind them, since many templates want user and assistant to alternate. As they are where the format has no text for them.
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

    /// <summary>An empty answer of the assistant between a tool's result and what the user says behind it.</summary>
    public static IReadOnlyList<ChatTurn> AnswerResults(IReadOnlyList<ChatTurn> turns) =>
        [.. turns.SelectMany((turn, i) => turn.Role == "user" && i > 0 && turns[i - 1].Role == "tool" ? (ChatTurn[])[new ChatTurn("assistant", string.Empty), turn] : [turn])];

    /// <summary>A message for each call, with its result behind it: some templates render one call in a message only.</summary>
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
