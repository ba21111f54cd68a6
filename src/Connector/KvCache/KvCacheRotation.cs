using CurKv.Connector.KvCache.Capture;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.KvCache;

/// <summary>How the cache rotates the keys and values that it stores, in addition to RoPE (quantised caches do), as far as that is known.</summary>
internal sealed class KvCacheRotation(KvCapture? capture, KvStateFormat? format)
{
    /// <summary>How keys are rotated; null if they are not, or if it is unknown.</summary>
    public HadamardRotation? Keys => capture?.KeyRotation;

    /// <summary>How values are rotated; null if they are not, or if it is unknown.</summary>
    public HadamardRotation? Values => capture?.ValueRotation;

    /// <summary>Whether the rotation is known: the graph was observed, or nothing is quantised.</summary>
    public bool IsKnown => capture is not null || !IsQuantised;

    /// <summary>Whether elements may be stored rotated.</summary>
    public bool IsPossible => capture is not null ? (Keys ?? Values) is not null : IsQuantised;

    private bool IsQuantised => format is not null
        && format.Layers.Any(layer => Quantised(layer.KeyType) || Quantised(layer.ValueType));

    private static bool Quantised(KvElementType type) => type is KvElementType.Q8_0 or KvElementType.Q4_0;
}
