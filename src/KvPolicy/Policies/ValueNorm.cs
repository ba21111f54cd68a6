using System.Numerics.Tensors;

namespace CurKv.KvPolicy.Policies;

/// <summary>Keeps the tokens with the longest values: <c>‖v‖</c>.</summary>
/// <remarks>
/// A factor for products such as SnapKV's attention times the value's norm, rather than a policy of its own. A value that holds NaN
/// or an infinity, or whose squared norm overflows a float, is evicted first. Instances are immutable and safe to use from several
/// threads.
/// </remarks>
public sealed class ValueNorm : IKvPolicy
{
    /// <inheritdoc/>
    public string Name => "value";

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => KvPolicyInputs.ValueNorms;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="scores"/> does not have one score per head and token.</exception>
    public void Score(in KvLayer layer, Span<float> scores)
    {
        layer.MeasureValueNorms(scores);
        TensorPrimitives.Sqrt(scores, scores);
        if (!float.IsFinite(TensorPrimitives.Max<float>(scores)))
        {
            scores.Replace(float.PositiveInfinity, float.NegativeInfinity);
        }
    }
}
