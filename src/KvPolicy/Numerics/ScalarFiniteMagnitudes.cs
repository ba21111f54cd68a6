namespace CurKv.KvPolicy.Numerics;

/// <summary>The plain twin of <see cref="FiniteMagnitudes"/>. What the tests compare with.</summary>
internal static class ScalarFiniteMagnitudes
{
    /// <inheritdoc cref="FiniteMagnitudes.Mean"/>
    public static float Mean(ReadOnlySpan<float> scores)
    {
        double sum = 0;
        int count = 0;
        foreach (float score in scores)
        {
            if (float.IsFinite(score))
            {
                sum += Math.Abs(score);
                count++;
            }
        }

        return count == 0 ? 0 : (float)(sum / count);
    }
}
