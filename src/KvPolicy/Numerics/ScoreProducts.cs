using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CurKv.KvPolicy.Numerics;

/// <summary>Products of scores in which infinities keep their meaning: infinity times zero is no NaN.</summary>
internal static class ScoreProducts
{
    /// <summary>Multiplies scores in place.</summary>
    /// <param name="scores">The left factors; receives the products.</param>
    /// <param name="others">The right factors. Where either factor is NaN or negative infinity, the product is negative infinity.</param>
    [MethodImpl(Hot.Loop)]
    public static void Multiply(Span<float> scores, ReadOnlySpan<float> others)
    {
        int i = 0;
        for (; i <= scores.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256<float> x = Vector256.Create<float>(scores[i..]);
            Vector256<float> y = Vector256.Create(others[i..]);
            Vector256<float> infinity = Vector256.Create(float.PositiveInfinity);

            // NaN compares false, so it counts as evicted.
            Vector256<float> open = Vector256.GreaterThan(x, -infinity) & Vector256.GreaterThan(y, -infinity);
            Vector256<float> kept = Vector256.Equals(x, infinity) | Vector256.Equals(y, infinity);
            Vector256<float> product = Vector256.ConditionalSelect(kept, infinity, x * y);
            Vector256.ConditionalSelect(open, product, -infinity).CopyTo(scores[i..]);
        }

        for (; i < scores.Length; i++)
        {
            scores[i] = ScalarScoreProducts.Multiply(scores[i], others[i]);
        }
    }
}
