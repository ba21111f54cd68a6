namespace CurKv.KvPolicy;

/// <summary>What one layer has cached, as a caller hands it to <see cref="KvSelector"/>.</summary>
/// <param name="Keys">The cached keys. Their shape is always read, their memory only if the policy wants keys.</param>
/// <param name="Values">The cached values; may be left empty where the policy does not want them.</param>
/// <param name="Queries">
/// The last queries of the prompt, as they meet the cached keys (rotated as those are); may be left empty where the policy does not
/// want them.
/// </param>
/// <param name="Rotary">
/// How the keys are rotated, if the token at index i stands at position i and the rotation can be undone; null where not.
/// </param>
public readonly record struct KvLayerTensors(KvTensor Keys, KvTensor Values, KvQueries Queries = default, RotaryEmbedding? Rotary = null)
{
    /// <summary>How the cache rotates keys on top of RoPE; null where it does not.</summary>
    public HadamardRotation? KeyRotation { get; init; }

    /// <summary>How the cache rotates values; null where it does not.</summary>
    public HadamardRotation? ValueRotation { get; init; }

    /// <summary>The output weights of all layers; may be left null where the policy does not want them.</summary>
    public IKvOutputWeights? OutputWeights { get; init; }
}
