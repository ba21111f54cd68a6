using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.KvCache.State;

/// <summary>
/// A parsed sequence blob of llama.cpp (<c>llama_state_seq_get_data</c>, little-endian, packed). The layout is llama.cpp's own
/// (<c>llama_kv_cache::state_write</c>). Sliding-window and hybrid models append non-attention state, which is copied unchanged.
/// </summary>
internal sealed unsafe class KvStateBlob
{
    private readonly byte*[] _keys;
    private readonly byte*[] _values;

    private KvStateBlob(KvStateFormat format, int cells, int lastPosition, byte*[] keys, byte*[] values)
    {
        Format = format;
        Cells = cells;
        LastPosition = lastPosition;
        _keys = keys;
        _values = values;
    }

    /// <summary>The format: everything except the cells.</summary>
    public KvStateFormat Format { get; private set; }

    /// <summary>The number of cells.</summary>
    public int Cells { get; }

    /// <summary>The last cell's position.</summary>
    public int LastPosition { get; }

    /// <summary>The state that follows the base block.</summary>
    public NonAttentionState NonAttentionState { get; private set; }

    /// <summary>Parses a blob's base block. The bytes after it are the non-attention state.</summary>
    /// <returns>The blob, or null if the layout is different.</returns>
    public static KvStateBlob? TryParse(byte* data, nuint size)
    {
        var reader = new Reader(data, size);
        if (reader.UInt32() != KvStateFormat.Magic)
        {
            return null;
        }

        _ = reader.UInt32();
        uint streams = reader.UInt32();
        if (streams is 0 or > 256)
        {
            return null;
        }

        KvStateBlob? blob = null;
        for (int stream = 0; stream < streams && !reader.Failed; stream++)
        {
            uint cells = reader.UInt32();
            if (cells == 0)
            {
                continue;
            }

            if (blob is not null || (blob = ReadStream(ref reader, (int)streams, cells)) is null)
            {
                return null;
            }
        }

        if (reader.Failed || blob is null)
        {
            return null;
        }

        blob.NonAttentionState = reader.Rest();
        blob.Format = blob.Format with { HasNonAttentionState = blob.NonAttentionState.Bytes > 0 };
        return blob;
    }

    /// <summary>The bytes of one layer's keys, cell by cell.</summary>
    public ReadOnlySpan<byte> Keys(int layer) => new(_keys[layer], checked((int)(Cells * Format.Layers[layer].KeyRowBytes)));

    /// <summary>Views of the keys and values in the blob, split into heads.</summary>
    /// <param name="heads">The number of KV heads.</param>
    /// <param name="keyDimension">Elements in one head's key.</param>
    /// <param name="valueDimension">Elements in one head's value.</param>
    public KvLayerTensors[] View(int heads, int keyDimension, int valueDimension)
    {
        var view = new KvLayerTensors[Format.Layers.Count];
        for (int i = 0; i < view.Length; i++)
        {
            KvLayerFormat layer = Format.Layers[i];
            var keys = new KvTensor(_keys[i], layer.KeyType, KvLayout.TokenMajor, Cells, heads, keyDimension, (nint)layer.KeyRowBytes);
            KvTensor values = Format.ValuesTransposed
                ? new KvTensor(_values[i], layer.ValueType, KvLayout.ChannelMajor, Cells, heads, valueDimension, KvTensor.SliceBytesOf(layer.ValueType, 1) * (nint)Cells)
                : new KvTensor(_values[i], layer.ValueType, KvLayout.TokenMajor, Cells, heads, valueDimension, (nint)layer.ValueRowBytes);
            view[i] = new KvLayerTensors(keys, values);
        }

        return view;
    }

    private static KvStateBlob? ReadStream(ref Reader reader, int streams, uint cells)
    {
        int position = -1;
        for (uint i = 0; i < cells; i++)
        {
            position = (int)reader.UInt32();
            if (reader.UInt32() != 1)
            {
                return null;
            }

            _ = reader.UInt32();
        }

        uint transposed = reader.UInt32();
        uint layerCount = reader.UInt32();
        if (reader.Failed || transposed > 1 || layerCount is 0 or > 4096)
        {
            return null;
        }

        var keyTypes = new (KvElementType Type, long RowBytes)[layerCount];
        var layers = new KvLayerFormat[layerCount];
        var keys = new byte*[layerCount];
        var values = new byte*[layerCount];
        for (int i = 0; i < layerCount; i++)
        {
            if (!Known(reader.UInt32(), out KvElementType type))
            {
                return null;
            }

            keyTypes[i] = (type, reader.Int64());
            keys[i] = reader.Take(cells * keyTypes[i].RowBytes);
        }

        for (int i = 0; i < layerCount; i++)
        {
            if (!Known(reader.UInt32(), out KvElementType type))
            {
                return null;
            }

            long channels = transposed == 1 ? ReadTransposedHead(ref reader, type) : Elements(type, reader.Int64());
            if (channels is <= 0 or > int.MaxValue)
            {
                return null;
            }

            layers[i] = new KvLayerFormat(keyTypes[i].Type, keyTypes[i].RowBytes, type, (int)channels);
            values[i] = reader.Take(cells * layers[i].ValueRowBytes);
        }

        return reader.Failed ? null : new KvStateBlob(
            new KvStateFormat(streams, transposed == 1, layers), (int)cells, position, keys, values);
    }

    private static long ReadTransposedHead(ref Reader reader, KvElementType type)
    {
        uint elementBytes = reader.UInt32();
        uint channels = reader.UInt32();
        return type is KvElementType.Q8_0 or KvElementType.Q4_0 || elementBytes != KvTensor.SliceBytesOf(type, 1) ? 0 : channels;
    }

    private static bool Known(uint number, out KvElementType type)
    {
        type = (KvElementType)number;
        return Enum.IsDefined(type);
    }

    private static long Elements(KvElementType type, long rowBytes)
    {
        int blockElements = type is KvElementType.Q8_0 or KvElementType.Q4_0 ? 32 : 1;
        int blockBytes = KvTensor.SliceBytesOf(type, blockElements);
        return rowBytes % blockBytes == 0 ? rowBytes / blockBytes * blockElements : 0;
    }

    /// <summary>Reads forward. Reading past the end sets <see cref="Failed"/> instead of throwing.</summary>
    private ref struct Reader(byte* data, nuint size)
    {
        private readonly byte* _end = data + size;
        private byte* _next = data;

        public bool Failed { get; private set; }

        public readonly NonAttentionState Rest() => new(_next, (nuint)(_end - _next));

        public uint UInt32()
        {
            byte* at = Take(sizeof(uint));
            return at == null ? 0 : *(uint*)at;
        }

        public long Int64()
        {
            byte* at = Take(sizeof(long));
            return at == null ? 0 : *(long*)at;
        }

        public byte* Take(long bytes)
        {
            if (bytes < 0 || bytes > _end - _next)
            {
                Failed = true;
                return null;
            }

            byte* at = _next;
            _next += bytes;
            return at;
        }
    }
}
