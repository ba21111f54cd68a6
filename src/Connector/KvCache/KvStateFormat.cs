namespace CurKv.Connector.KvCache;

/// <summary>What a context's state blobs have in common: everything but the cells.</summary>
/// <param name="Streams">Streams of cells in the cache.</param>
/// <param name="ValuesTransposed">Whether values lie channel by channel (FlashAttention off).</param>
/// <param name="Layers">Each layer's rows.</param>
internal sealed record KvStateFormat(int Streams, bool ValuesTransposed, IReadOnlyList<KvLayerFormat> Layers)
{
    /// <summary>The number at the start of every sequence blob.</summary>
    public const uint Magic = 0xaf143cd8;

    /// <summary>Bytes of one cell's metadata: position, number of sequences (1), sequence.</summary>
    public const int CellBytes = 12;

    /// <summary>
    /// Bytes before a layer's rows: the type (u32) and a row's bytes (u64), or for transposed values the type, an element's bytes
    /// and the number of channels (u32 each).
    /// </summary>
    public const int BlockHeadBytes = 12;

    /// <summary>Where the first layer's keys start in a blob that holds one cell.</summary>
    public nuint FirstKeyOffset => (nuint)(12 + (4 * Streams) + CellBytes + 8 + BlockHeadBytes);

    /// <summary>Bytes of a blob that holds <paramref name="cells"/> cells in one stream.</summary>
    public nuint Size(int cells)
    {
        long size = 12 + (4L * Streams) + ((long)cells * CellBytes) + 8;
        foreach (KvLayerFormat layer in Layers)
        {
            size += (2 * BlockHeadBytes) + (cells * (layer.KeyRowBytes + layer.ValueRowBytes));
        }

        return (nuint)size;
    }
}
