using System.Numerics.Tensors;
using CurKv.KvPolicy.Kernels;

namespace CurKv.KvPolicy.Policies;

/// <summary>Keeps the tokens whose keys point away from the others: <c>−cos(k, mean of all k/‖k‖)</c> (KeyDiff, arXiv 2504.15364).</summary>
/// <remarks>
/// Keys are taken as they are cached, after RoPE. A key that holds NaN or an infinity, or whose squared norm overflows a float, is
/// evicted first; a key of zeros scores 0. Instances are immutable and safe to use from several threads.
/// </remarks>
public sealed class KeyDiff : IKvPolicy
{
    /// <inheritdoc/>
    public string Name => "keydiff";

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => KvPolicyInputs.Keys;

    /// <inheritdoc/>
    public void Score(in KvLayer layer, Span<float> scores)
    {
        MeanCosines.Compute(layer.Keys, scores);
        TensorPrimitives.Negate(scores, scores);
    }
}
