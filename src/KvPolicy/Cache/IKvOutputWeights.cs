namespace CurKv.KvPolicy.Cache;

/// <summary>The weights <c>W_O</c> that a layer's heads are mixed with after attention. Thread-safe.</summary>
public interface IKvOutputWeights
{
    /// <summary>The number of rows: elements of the model's embedding.</summary>
    int Embedding { get; }

    /// <summary>The number of columns: query heads times elements in one head's value, head by head.</summary>
    int Inputs { get; }

    /// <summary>Reads a layer's weights.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="weights">Receives <c>[embedding][inputs]</c>, row-major.</param>
    void Read(int layer, Span<float> weights);
}
