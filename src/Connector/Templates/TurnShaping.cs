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

    /// <summary>Puts system messages into the user's message behind them.</summary>
    public static IReadOnlyList<ChatTurn> WithoutSystem(IReadOnlyList<ChatTurn> turns)
    {
        List<ChatTurn> merged = [];
        string held = string.Empty;
        foreach (ChatTurn turn in turns)
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

    /// <summary>Calls as the text of the assistant's messages, and results as the user's; as they are where the format has no text for them.</summary>
    public static IReadOnlyList<ChatTurn> WriteCalls(IReadOnlyList<ChatTurn> turns, AnswerFormat format) => [.. turns.Select(turn =>
        turn.Calls.Count > 0 && format.WriteCalls(turn.Calls) is { } calls ? turn with { Content = turn.Content.Length > 0 ? $"{turn.Content}\n{calls}" : calls, Calls = [] }
        : turn.Role == "tool" && format.WriteResult(turn.Content) is { } result ? new ChatTurn("user", result)
        : turn)];

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
}
