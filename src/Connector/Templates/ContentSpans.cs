namespace CurKv.Connector.Templates;

/// <summary>Finds where a rendered conversation holds its messages; all between them is the template's scaffolding.</summary>
internal static class ContentSpans
{
    /// <summary>Locates every turn's content.</summary>
    /// <param name="template">The template.</param>
    /// <param name="turns">The conversation.</param>
    /// <param name="text">The conversation as the template renders it.</param>
    /// <returns>
    /// One range for each turn, without the white space at the content's ends; null where the template does more than to put
    /// something around contents, in their order.
    /// </returns>
    public static Range[]? Find(ChatTemplate template, IReadOnlyList<ChatTurn> turns, string text)
    {
        // Contents cannot be searched for: their words may stand in the scaffolding ("user"). Markers cannot.
        string marked = template.Render([.. turns.Select((turn, i) => turn with { Content = Marker(i) })]);
        var spans = new Range[turns.Count];
        int at = 0;
        for (int i = 0; i < spans.Length; i++)
        {
            string[] around = marked.Split(Marker(i));
            if (around.Length != 2 || !StartsWith(text, at, around[0]))
            {
                return null;
            }

            at += around[0].Length;
            marked = around[1];
            string next = i + 1 < spans.Length ? marked.Split(Marker(i + 1))[0] : marked;
            string? content = Rendered(text, at, turns[i].Content, next);
            if (content is null)
            {
                return null;
            }

            int lead = content.Length - content.TrimStart().Length;
            spans[i] = (at + lead)..(at + Math.Max(content.TrimEnd().Length, lead));
            at += content.Length;
        }

        return text.Length - at == marked.Length && StartsWith(text, at, marked) ? spans : null;
    }

    private static string Marker(int turn) => $"e7b1Turn{turn}GoesHere4d0c";

    // Templates render contents as they are, or trim them.
    private static string? Rendered(string text, int at, string content, string next)
    {
        foreach (string candidate in new[] { content, content.Trim(), content.TrimEnd(), content.TrimStart() })
        {
            if (StartsWith(text, at, candidate) && StartsWith(text, at + candidate.Length, next))
            {
                return candidate;
            }
        }

        return null;
    }

    private static bool StartsWith(string text, int at, string part) => text.AsSpan(at).StartsWith(part, StringComparison.Ordinal);
}
