using CurKv.KvPolicy;

namespace CurKv.Connector.KvCache;

/// <summary>What a sequence's tokens receive of the attention while they are repeated.</summary>
/// <param name="view">The sequence's keys, which stay where they are during the pass.</param>
internal sealed class KvRepetition(KvLayerTensors[] view)
{
    private readonly float[][] _maxima = [.. view.Select(layer => new float[layer.Keys.Heads * layer.Keys.Tokens])];

    /// <summary>One layer's highest attention probabilities: <c>[KV heads][tokens]</c>.</summary>
    public ReadOnlyMemory<float> this[int layer] => _maxima[layer];

    /// <summary>Notes the attention of the tokens that repeated a chunk.</summary>
    /// <param name="chunk">The chunk's cells.</param>
    /// <param name="queries">Gives a layer's queries; called from several threads.</param>
    public void Observe(TokenRange chunk, Func<int, KvQueries> queries) =>
        Parallel.For(0, view.Length, layer => KvZip.Observe(view[layer].Keys, queries(layer), chunk, _maxima[layer]));
}
