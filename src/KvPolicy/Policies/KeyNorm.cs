using System.Numerics.Tensors;

namespace CurKv.KvPolicy.Policies;

/// <summary>Keeps the tokens with the shortest keys: <c>−‖k‖</c> (arXiv 2406.11430).</summary>
/// <remarks>
/// A key that holds NaN or an infinity is evicted first. Instances are immutable and safe to use from several threads.
/// </remarks>
public sealed class KeyNorm : IKvPolicy
{
    /// <inheritdoc/>
    public string Name => "keynorm";

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => KvPolicyInputs.KeyNorms;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="scores"/> does not have one score per head and token.</exception>
    public void Score(in KvLayer layer, Span<float> scores)
    {
        layer.MeasureKeyNorms(scores);
        TensorPrimitives.Sqrt(scores, scores);
        TensorPrimitives.Negate(scores, scores);
    }
}
