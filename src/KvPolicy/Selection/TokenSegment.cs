namespace CurKv.KvPolicy;

/// <summary>Neighbouring tokens that are either all protected or all free to be evicted.</summary>
/// <param name="Start">The first token.</param>
/// <param name="End">The token after the last one.</param>
/// <param name="Protected">Whether the tokens are kept whatever their scores.</param>
internal readonly record struct TokenSegment(int Start, int End, bool Protected)
{
    public int Length => End - Start;

    /// <summary>
    /// Cuts a cache of <paramref name="tokens"/> into segments. The protected ones hold at most <paramref name="cells"/> tokens.
    /// </summary>
    public static TokenSegment[] Cut(KvProtection protection, int tokens, int cells)
    {
        bool[] marks = Mark(protection, tokens, cells);
        var segments = new List<TokenSegment>();
        for (int start = 0; start < tokens;)
        {
            int end = start + 1;
            while (end < tokens && marks[end] == marks[start])
            {
                end++;
            }

            segments.Add(new TokenSegment(start, end, marks[start]));
            start = end;
        }

        return [.. segments];
    }

    private static bool[] Mark(KvProtection protection, int tokens, int cells)
    {
        bool[] marks = new bool[tokens];
        int left = cells;
        for (int token = 0; token < Math.Min(protection.Sinks, tokens); token++)
        {
            Protect(token);
        }

        foreach (TokenRange range in protection.Ranges)
        {
            for (int token = Math.Max(range.Start, 0); token < Math.Min(range.End, tokens); token++)
            {
                Protect(token);
            }
        }

        // From the end backwards: where the budget runs out, the most recent tokens stay.
        for (int token = tokens - 1; token >= Math.Max(tokens - protection.Recent, 0); token--)
        {
            Protect(token);
        }

        return marks;

        void Protect(int token)
        {
            if (left > 0 && !marks[token])
            {
                marks[token] = true;
                left--;
            }
        }
    }
}
