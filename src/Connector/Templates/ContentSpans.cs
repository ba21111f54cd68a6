namespace CurKv.Connector.Templates;

/// <summary>Finds where a rendered conversation holds its messages; all between them is template tokens.</summary>
internal static class ContentSpans
{
    // What llama.cpp's own templates trim.
    private static readonly char[] AsciiWhiteSpace = [' ', '\t', '\n', '\v', '\f', '\r'];

    /// <summary>Locates the turns' contents.</summary>
    /// <param name="render">Renders turns by the template.</param>
    /// <param name="turns">The conversation.</param>
    /// <param name="text">The conversation as the template renders it.</param>
    /// <returns>
    /// One range for each turn, without the white space at the content's ends. Where the template does more than to put something
    /// around contents, in their order, there are ranges for the turns before that.
    /// </returns>
    public static IReadOnlyList<Range> Find(Func<IReadOnlyList<ChatTurn>, string> render, IReadOnlyList<ChatTurn> turns, string text)
    {
        // Contents cannot be searched for: their words may stand in the template tokens ("user"). Markers cannot.
        string marked = render([.. turns.Select((turn, i) => turn with { Content = Marker(i) })]);
        List<Range> spans = [];
        int at = 0;
        for (int i = 0; i < turns.Count; i++)
        {
            string[] around = marked.Split(Marker(i));
            if (around.Length != 2 || !StartsWith(text, at, around[0]))
            {
                return spans;
            }

            at += around[0].Length;
            marked = around[1];
            string next = i + 1 < turns.Count ? marked.Split(Marker(i + 1))[0] : marked;
            string? content = Rendered(text, at, turns[i].Content, next);
            if (content is null)
            {
                return spans;
            }

            int lead = content.Length - content.TrimStart().Length;
            spans.Add((at + lead)..(at + Math.Max(content.TrimEnd().Length, lead)));
            at += content.Length;
        }

        return spans;
    }

    private static string Marker(int turn) => $"e7b1Turn{turn}GoesHere4d0c";

    // Templates render contents as they are, or trim them.
    private static string? Rendered(string text, int at, string content, string next)
    {
        foreach (string candidate in new[] { content, content.Trim(), content.Trim(AsciiWhiteSpace), content.TrimEnd(), content.TrimStart() })
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
