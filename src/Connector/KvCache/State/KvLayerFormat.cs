using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.KvCache.State;

/// <summary>How one layer's rows are stored in a state blob.</summary>
/// <param name="KeyType">The keys' element type.</param>
/// <param name="KeyRowBytes">Bytes of all heads' keys of one token.</param>
/// <param name="ValueType">The values' element type.</param>
/// <param name="ValueChannels">Elements of all heads' values of one token.</param>
internal readonly record struct KvLayerFormat(KvElementType KeyType, long KeyRowBytes, KvElementType ValueType, int ValueChannels)
{
    /// <summary>Bytes of all heads' values of one token.</summary>
    public long ValueRowBytes => KvTensor.SliceBytesOf(ValueType, ValueChannels);
}
