using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Policies.Combined;

/// <summary>Two policies' scores multiplied: <c>a*b</c>.</summary>
/// <remarks>
/// Only for scores that are not negative: with <see cref="KeyNorm"/>, <see cref="KeyDiff"/>, <see cref="PolicyUnion"/> or
/// <see cref="ChunkKv"/> a product makes no sense, for two low scores would multiply to a high one. Positive infinity keeps its
/// token whatever the other score, zero included; a token that either policy scores NaN or negative infinity is evicted first.
/// </remarks>
/// <param name="first">The first policy.</param>
/// <param name="second">The second policy.</param>
public sealed class PolicyProduct(IKvPolicy first, IKvPolicy second) : PolicyPair(first, '*', second)
{
    private protected override void Join(Span<float> scores, Span<float> others) => ScoreProducts.Multiply(scores, others);
}
