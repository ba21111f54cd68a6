using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CurKv.KvPolicy.Numerics;

/// <summary>The mean size of scores, of which some may not be finite.</summary>
internal static class FiniteMagnitudes
{
    /// <summary>The mean of the finite scores' absolute values; 0 where none is finite.</summary>
    [MethodImpl(Hot.Loop)]
    public static float Mean(ReadOnlySpan<float> scores)
    {
        Vector256<double> lower = default;
        Vector256<double> upper = default;
        Vector256<int> counts = default;
        int i = 0;
        for (; i <= scores.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            // NaN compares false; a lane that compares true holds −1.
            Vector256<float> magnitudes = Vector256.Abs(Vector256.Create(scores[i..]));
            Vector256<float> finite = Vector256.LessThanOrEqual(magnitudes, Vector256.Create(float.MaxValue));
            (Vector256<double> low, Vector256<double> high) = Vector256.Widen(magnitudes & finite);
            lower += low;
            upper += high;
            counts -= finite.AsInt32();
        }

        double sum = Vector256.Sum(lower + upper);
        int count = Vector256.Sum(counts);
        for (; i < scores.Length; i++)
        {
            sum += float.IsFinite(scores[i]) ? Math.Abs(scores[i]) : 0;
            count += float.IsFinite(scores[i]) ? 1 : 0;
        }

        return (float)(sum / Math.Max(count, 1));
    }
}
