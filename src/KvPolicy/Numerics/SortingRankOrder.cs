namespace CurKv.KvPolicy.Numerics;

/// <summary>The plain twin of <see cref="RankOrder"/>: compares. What the tests compare with.</summary>
internal static class SortingRankOrder
{
    /// <inheritdoc cref="RankOrder.Compute"/>
    public static void Compute(ReadOnlySpan<float> scores, Span<int> order)
    {
        float[] ranks = [.. scores];
        int[] sorted = [.. Enumerable.Range(0, scores.Length)
            .OrderByDescending(token => float.IsNaN(ranks[token]) ? float.NegativeInfinity : ranks[token])
            .ThenBy(token => token)];
        sorted.CopyTo(order);
    }
}
