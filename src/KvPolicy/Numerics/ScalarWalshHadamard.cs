namespace CurKv.KvPolicy.Numerics;

/// <summary>The plain twin of <see cref="WalshHadamard"/>.</summary>
internal static class ScalarWalshHadamard
{
    /// <inheritdoc cref="WalshHadamard.Transform"/>
    public static void Transform(Span<float> run, float scale)
    {
        // The fast transform: sums and differences of elements 1, 2, 4, … apart.
        for (int distance = 1; distance < run.Length; distance *= 2)
        {
            for (int start = 0; start < run.Length; start += 2 * distance)
            {
                Span<float> low = run.Slice(start, distance);
                Span<float> high = run.Slice(start + distance, distance);
                for (int i = 0; i < low.Length; i++)
                {
                    (low[i], high[i]) = (low[i] + high[i], low[i] - high[i]);
                }
            }
        }

        foreach (ref float element in run)
        {
            element *= scale;
        }
    }
}
