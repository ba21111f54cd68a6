namespace CurKv.KvPolicy;

/// <summary>What a policy sees of one layer.</summary>
/// <param name="Index">The layer, from 0.</param>
/// <param name="Tensors">What the layer has cached.</param>
/// <param name="Budget">How many tokens each head will keep; as many as there are where the scores decide.</param>
/// <param name="Sinks">How many first tokens are kept in any case.</param>
public readonly record struct KvLayer(int Index, KvLayerTensors Tensors, int Budget, int Sinks)
{
    /// <inheritdoc cref="KvLayerTensors.Keys"/>
    public KvTensor Keys => Tensors.Keys;

    /// <inheritdoc cref="KvLayerTensors.Values"/>
    public KvTensor Values => Tensors.Values;

    /// <inheritdoc cref="KvLayerTensors.Queries"/>
    public KvQueries Queries => Tensors.Queries;

    /// <summary>The number of cached tokens.</summary>
    public int Tokens => Keys.Tokens;

    /// <summary>The number of KV heads.</summary>
    public int Heads => Keys.Heads;
}
