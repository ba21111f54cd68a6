using System.Runtime.ExceptionServices;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies.Attention;

namespace CurKv.Connector.KvCache;

/// <summary>The highest attention that each of a sequence's tokens receives during a reconstruction pass.</summary>
/// <param name="layers">The number of layers with cells.</param>
/// <param name="heads">The number of KV heads.</param>
/// <param name="cells">The number of the sequence's cells, without those of the pass.</param>
/// <param name="sinks">The number of first cells that every query attends to, whichever chunk it repeats.</param>
internal sealed class ReconstructionScores(int layers, int heads, int cells, int sinks)
{
    private readonly float[][] _maxima = [.. Enumerable.Range(0, layers).Select(_ => new float[heads * cells])];

    /// <summary>One layer's highest attention probabilities: <c>[KV heads][tokens]</c>.</summary>
    public ReadOnlyMemory<float> this[int layer] => _maxima[layer];

    /// <summary>Records the attention of the tokens that repeated a chunk.</summary>
    /// <param name="view">The sequence's cells, followed by those of the pass.</param>
    /// <param name="chunk">The chunk's cells.</param>
    /// <param name="queries">Returns a layer's queries; called from several threads.</param>
    /// <exception cref="KvCompressionException">Queries are missing.</exception>
    public void Observe(KvLayerTensors[] view, TokenRange chunk, Func<int, KvQueries> queries)
    {
        try
        {
            Parallel.For(0, layers, layer => KvZip.Observe(view[layer].Keys, queries(layer), sinks, chunk, _maxima[layer]));
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }
}
