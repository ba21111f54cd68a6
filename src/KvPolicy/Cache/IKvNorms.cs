using System.Diagnostics.CodeAnalysis;

namespace CurKv.KvPolicy.Cache;

/// <summary>Squared norms of cached rows from elsewhere, such as the device that holds them: the rows need not be in memory then.</summary>
/// <remarks>
/// Each method fills <c>[KV heads][tokens]</c>, row-major, as many tokens as the layer's keys have. The norm of a row that holds NaN or
/// an infinity is NaN or an infinity, and no other norm is touched by it. Layers are asked for in parallel, each by one thread.
/// </remarks>
[Experimental(ExperimentalIds.OwnNorms)]
public interface IKvNorms
{
    /// <summary>Measures the keys as they lie in the cache: <c>‖k‖²</c>.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="squares">Receives the squared norms.</param>
    void Keys(int layer, Span<float> squares);

    /// <summary>Measures the values: <c>‖v‖²</c>.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="squares">Receives the squared norms.</param>
    void Values(int layer, Span<float> squares);

    /// <summary>Measures the keys from their head's mean key: <c>‖k − k̄‖²</c>.</summary>
    /// <remarks>
    /// Where the layer's <see cref="KvLayerTensors.Rotary"/> is known, every key is first turned back from its token's position
    /// (<see cref="KvLayerTensors.Positions"/>) to position 0, and before that out of the cache's own rotation
    /// (<see cref="KvLayerTensors.KeyRotation"/>); otherwise keys are taken as they lie. The mean is each head's own. It leaves out the
    /// first cells and rows that are not finite; if none is left, it is zero. The cells that it leaves out are measured like all others.
    /// </remarks>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="skip">How many of the first cells the mean leaves out, at least 0 and below the number of tokens.</param>
    /// <param name="squares">Receives the squared distances.</param>
    void CentredKeys(int layer, int skip, Span<float> squares);
}
