namespace CurKv.Connector.KvCache.State;

/// <summary>
/// The format of a context's state blobs: everything except the cells. It describes the base block, which holds the full-attention
/// layers. The state of other layers (sliding windows, recurrent layers) follows it as opaque non-attention state.
/// </summary>
/// <param name="Streams">Streams of cells in the cache.</param>
/// <param name="ValuesTransposed">Whether values are stored channel by channel (FlashAttention off).</param>
/// <param name="Layers">The rows of each of the block's layers.</param>
internal sealed record KvStateFormat(int Streams, bool ValuesTransposed, IReadOnlyList<KvLayerFormat> Layers)
{
    /// <summary>Whether non-attention state follows the base block: the cells of sliding windows, or recurrent state.</summary>
    /// <remarks>Such a cache can only be restored as a whole, never rewritten in place.</remarks>
    public bool HasNonAttentionState { get; init; }

    /// <summary>The model's layer index of each layer in the block, ascending; null if unknown.</summary>
    public IReadOnlyList<int>? ModelLayers { get; init; }

    /// <summary>The number of KV heads, the same in all layers of the block.</summary>
    public int KvHeads { get; init; }

    /// <summary>The number at the start of every sequence blob.</summary>
    public const uint Magic = 0xaf143cd8;

    /// <summary>Bytes of the magic number and the sequence, with which every blob begins, including one of the non-attention state alone.</summary>
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

    /// <summary>Bytes of a blob that holds <paramref name="cells"/> cells in one stream, without the non-attention state.</summary>
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
