using System.Numerics.Tensors;
using CurKv.KvPolicy.Kernels;

namespace CurKv.KvPolicy;

/// <summary>Two policies' scores, each divided by its mean in the head, added: <c>a+b</c>.</summary>
/// <remarks>
/// The mean is that of the finite scores' absolute values, so for scores that are not negative it is their mean, and neither
/// policy outweighs the other by its unit. Positive infinity stays so and keeps its token; a token that either policy scores NaN
/// or negative infinity is evicted first.
/// </remarks>
/// <param name="first">The first policy.</param>
/// <param name="second">The second policy.</param>
public sealed class PolicySum(IKvPolicy first, IKvPolicy second) : PolicyPair(first, '+', second)
{
    private protected override void Join(Span<float> scores, Span<float> others)
    {
        Normalise(scores);
        Normalise(others);
        TensorPrimitives.Add(scores, others, scores);
    }

    private static void Normalise(Span<float> scores)
    {
        float mean = FiniteMagnitudes.Mean(scores);
        if (mean > 0)
        {
            TensorPrimitives.Divide(scores, mean, scores);
        }
    }
}
