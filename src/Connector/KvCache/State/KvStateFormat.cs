namespace CurKv.Connector.KvCache.State;

/// <summary>
/// What a context's state blobs have in common: everything but the cells. The format is that of the base block, whose layers attend
/// to all tokens; models with a sliding window and hybrids have further layers, whose state follows it as an opaque tail.
/// </summary>
/// <param name="Streams">Streams of cells in the cache.</param>
/// <param name="ValuesTransposed">Whether values lie channel by channel (FlashAttention off).</param>
/// <param name="Layers">The rows of each of the block's layers.</param>
internal sealed record KvStateFormat(int Streams, bool ValuesTransposed, IReadOnlyList<KvLayerFormat> Layers)
{
    /// <summary>Whether a tail follows the base block: the cells of sliding windows, or recurrent state.</summary>
    /// <remarks>Such a cache can only be restored as a whole, never rewritten where it lies.</remarks>
    public bool HasTail { get; init; }

    /// <summary>Each block layer's number in the model, ascending; null where it is not known.</summary>
    public IReadOnlyList<int>? ModelLayers { get; init; }

    /// <summary>The number of KV heads, the same in all layers of the block.</summary>
    public int KvHeads { get; init; }

    /// <summary>The number at the start of every sequence blob.</summary>
    public const uint Magic = 0xaf143cd8;

    /// <summary>Bytes of the magic number and the sequence, with which every blob begins, a tail that is asked for alone too.</summary>
    public const int HeadBytes = 8;

    /// <summary>Bytes of one cell's metadata: position, number of sequences (1), sequence.</summary>
    public const int CellBytes = 12;

    /// <summary>
    /// Bytes before a layer's rows: the type (u32) and a row's bytes (u64), or for transposed values the type, an element's bytes
    /// and the number of channels (u32 each).
    /// </summary>
    public const int BlockHeadBytes = 12;

    /// <summary>Where the first layer's keys start in a blob that holds one cell.</summary>
    public nuint FirstKeyOffset => (nuint)(HeadBytes + sizeof(uint) + (sizeof(uint) * Streams) + CellBytes + 8 + BlockHeadBytes);

    /// <summary>Bytes of a blob that holds <paramref name="cells"/> cells in one stream, without the tail.</summary>
    public nuint Size(int cells)
    {
        long size = HeadBytes + sizeof(uint) + (4L * Streams) + ((long)cells * CellBytes) + 8;
        foreach (KvLayerFormat layer in Layers)
        {
            size += (2 * BlockHeadBytes) + (cells * (layer.KeyRowBytes + layer.ValueRowBytes));
        }

        return (nuint)size;
    }
}
