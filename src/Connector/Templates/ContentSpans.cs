namespace CurKv.Connector.Templates;

/// <summary>Finds the positions of messages in a rendered conversation. The text between them was added by the template.</summary>
internal static class ContentSpans
{
    // The white space that llama.cpp's built-in templates trim.
    private static readonly char[] AsciiWhiteSpace = [' ', '\t', '\n', '\v', '\f', '\r'];

    /// <summary>Locates the turns' contents.</summary>
    /// <param name="render">Renders turns with the template.</param>
    /// <param name="turns">The conversation.</param>
    /// <param name="text">The conversation as the template renders it.</param>
    /// <returns>
    /// One range for each turn, without leading and trailing white space. If the template does more than add text around contents in
    /// their order, there are ranges only for the turns before that.
    /// </returns>
    public static IReadOnlyList<Range> Find(Func<IReadOnlyList<ChatTurn>, string> render, IReadOnlyList<ChatTurn> turns, string text)
    {
        // Searching for the contents is ambiguous: template tokens may contain the same words ("user"), but never a marker.
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

    // Templates render contents unchanged, or trim them.
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
