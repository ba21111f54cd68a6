using CurKv.KvPolicy.Protection;

namespace CurKv.KvPolicy.Selection;

/// <summary>The plain twin of <see cref="TokenSelector"/>: sorts. What the tests compare with.</summary>
internal static class SortingTokenSelector
{
    /// <inheritdoc cref="TokenSelector.Select"/>
    public static void Select(ReadOnlySpan<float> scores, ReadOnlySpan<TokenSegment> segments, Span<int> kept)
    {
        float[] ranks = new float[scores.Length];
        bool[] isProtected = new bool[scores.Length];
        foreach (TokenSegment segment in segments)
        {
            isProtected.AsSpan(segment.Start, segment.Length).Fill(segment.Protected);
        }

        for (int token = 0; token < scores.Length; token++)
        {
            ranks[token] = float.IsNaN(scores[token]) ? float.NegativeInfinity : scores[token];
        }

        int[] best = [.. Enumerable.Range(0, scores.Length)
            .OrderByDescending(token => isProtected[token])
            .ThenByDescending(token => ranks[token])
            .ThenBy(token => token)
            .Take(kept.Length)
            .Order()];
        best.CopyTo(kept);
    }
}
