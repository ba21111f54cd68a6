namespace CurKv.KvPolicy;

/// <summary>What one layer has cached, as a caller hands it to <see cref="KvSelector"/>.</summary>
/// <param name="Keys">The cached keys. Their shape is always read, their memory only if the policy wants keys.</param>
/// <param name="Values">The cached values; may be left empty where the policy does not want them.</param>
/// <param name="Queries">The last queries of the prompt; may be left empty where the policy does not want them.</param>
/// <param name="Rotary">
/// How the keys are rotated, if the token at index i stands at position i and the rotation can be undone; null where not.
/// </param>
public readonly record struct KvLayerTensors(KvTensor Keys, KvTensor Values, KvQueries Queries = default, RotaryEmbedding? Rotary = null);
