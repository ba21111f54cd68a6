using System.Diagnostics.CodeAnalysis;

namespace CurKv.KvPolicy.Cache;

/// <summary>What one layer has cached, as a caller hands it to <see cref="Selection.KvSelector"/>.</summary>
/// <param name="Keys">The cached keys. Their shape is always read, their memory only if the policy wants keys.</param>
/// <param name="Values">The cached values; may be left empty where the policy does not want them.</param>
/// <param name="Queries">
/// The last queries of the prompt, as they meet the cached keys (rotated as those are); may be left empty where the policy does not
/// want them.
/// </param>
/// <param name="Rotary">How the keys are rotated by their tokens' positions, if the rotation can be undone; null where not.</param>
public readonly record struct KvLayerTensors(KvTensor Keys, KvTensor Values, KvQueries Queries = default, RotaryEmbedding? Rotary = null)
{
    /// <summary>At which positions the cached tokens stand.</summary>
    /// <value>Null by default: the token at index i stands at position i, as in a cache that was never compressed.</value>
    public KvPositions? Positions { get; init; }

    /// <summary>Where the rows' norms come from; null to measure them in memory.</summary>
    /// <remarks>
    /// A policy that reads norms alone (<see cref="Policies.KvPolicyInputs.KeyNorms"/> and the like) needs the tensors' shapes only: their
    /// memory may be null.
    /// </remarks>
    [Experimental(ExperimentalIds.OwnNorms)]
    public IKvNorms? Norms { get; init; }

    /// <summary>
    /// The highest attention probability that each cached token received while the context was repeated, <c>[KV heads][tokens]</c>,
    /// from <see cref="Policies.Attention.KvZip.Observe"/>; may be left empty where the policy does not want it.
    /// </summary>
    public ReadOnlyMemory<float> ReconstructionAttention { get; init; }

    /// <summary>How the cache rotates keys on top of RoPE; null where it does not.</summary>
    public HadamardRotation? KeyRotation { get; init; }

    /// <summary>How the cache rotates values; null where it does not.</summary>
    public HadamardRotation? ValueRotation { get; init; }

    /// <summary>The output weights of all layers; may be left null where the policy does not want them.</summary>
    public IKvOutputWeights? OutputWeights { get; init; }
}
