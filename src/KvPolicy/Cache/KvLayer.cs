namespace CurKv.KvPolicy;

/// <summary>What a policy sees of one layer.</summary>
/// <param name="Index">The layer, from 0.</param>
/// <param name="Keys">The cached keys, as they lie in the cache (after RoPE).</param>
/// <param name="Values">The cached values.</param>
/// <param name="Queries">The last queries of the prompt; empty unless the policy asks for them.</param>
/// <param name="Budget">How many tokens each head will keep.</param>
/// <param name="Sinks">How many first tokens are kept in any case.</param>
/// <param name="Rotary">How the keys are rotated by their tokens' indices; null where that is unknown.</param>
public readonly record struct KvLayer(int Index, KvTensor Keys, KvTensor Values, KvQueries Queries, int Budget, int Sinks, RotaryEmbedding? Rotary = null)
{
    /// <summary>The number of cached tokens.</summary>
    public int Tokens => Keys.Tokens;

    /// <summary>The number of KV heads.</summary>
    public int Heads => Keys.Heads;
}
