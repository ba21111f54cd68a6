namespace CurKv.KvPolicy.Cache;

/// <summary>
/// A view of the keys or the values that one layer has cached for one sequence: <c>[tokens][heads][head dimension]</c>,
/// where they lie. Nothing is copied.
/// </summary>
/// <remarks>
/// The view is a pointer: whoever makes it keeps the memory alive and unchanged while a policy reads it. It is safe to read
/// from several threads.
/// </remarks>
public readonly unsafe struct KvTensor
{
    /// <summary>Creates a view.</summary>
    /// <param name="data">The first token's first element of head 0.</param>
    /// <param name="type">How elements are stored.</param>
    /// <param name="layout">Which way the tensor lies. Quantised types are always <see cref="KvLayout.TokenMajor"/>.</param>
    /// <param name="tokens">The number of cached tokens.</param>
    /// <param name="heads">The number of KV heads.</param>
    /// <param name="headDimension">The number of elements in one head's key or value.</param>
    /// <param name="rowBytes">
    /// Bytes from one row to the next: from token to token, or from channel to channel in <see cref="KvLayout.ChannelMajor"/>.
    /// </param>
    /// <exception cref="ArgumentException">The shape does not fit the element type or the layout.</exception>
    public KvTensor(byte* data, KvElementType type, KvLayout layout, int tokens, int heads, int headDimension, nint rowBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(headDimension, 1);
        bool quantised = type is KvElementType.Q8_0 or KvElementType.Q4_0;
        if (quantised && (layout != KvLayout.TokenMajor || headDimension % 32 != 0))
        {
            throw new ArgumentException($"{type} stores blocks of 32 along a token's row; head dimension {headDimension} in {layout} cannot be read head by head.", nameof(type));
        }

        long needed = layout == KvLayout.TokenMajor ? SliceBytesOf(type, headDimension) * (long)heads : SliceBytesOf(type, 1) * (long)tokens;
        if (rowBytes < needed)
        {
            throw new ArgumentException($"A row of {needed} bytes does not fit a row stride of {rowBytes}.", nameof(rowBytes));
        }

        Data = data;
        Type = type;
        Layout = layout;
        Tokens = tokens;
        Heads = heads;
        HeadDimension = headDimension;
        RowBytes = rowBytes;
    }

    /// <summary>The first token's first element of head 0.</summary>
    public byte* Data { get; }

    /// <summary>How elements are stored.</summary>
    public KvElementType Type { get; }

    /// <summary>Which way the tensor lies.</summary>
    public KvLayout Layout { get; }

    /// <summary>The number of cached tokens.</summary>
    public int Tokens { get; }

    /// <summary>The number of KV heads.</summary>
    public int Heads { get; }

    /// <summary>The number of elements in one head's key or value.</summary>
    public int HeadDimension { get; }

    /// <summary>Bytes from one row to the next: from token to token, or from channel to channel.</summary>
    public nint RowBytes { get; }

    /// <summary>Bytes that one head of one token takes, in <see cref="KvLayout.TokenMajor"/>.</summary>
    public int SliceBytes => SliceBytesOf(Type, HeadDimension);

    /// <summary>The address of a head's first row.</summary>
    /// <param name="head">The KV head, from 0.</param>
    public byte* HeadData(int head) => Layout == KvLayout.TokenMajor
        ? Data + ((nint)head * SliceBytes)
        : Data + ((nint)head * HeadDimension * RowBytes);

    /// <summary>The view of some of the tokens.</summary>
    /// <param name="tokens">Which ones, within the cache.</param>
    internal KvTensor Slice(TokenRange tokens)
    {
        byte* data = Layout == KvLayout.TokenMajor ? Data + (tokens.Start * RowBytes) : Data + SliceBytesOf(Type, tokens.Start);
        return new KvTensor(data, Type, Layout, tokens.Length, Heads, HeadDimension, RowBytes);
    }

    /// <summary>Bytes that <paramref name="elements"/> elements take in a row.</summary>
    /// <param name="type">How elements are stored.</param>
    /// <param name="elements">How many; for quantised types a multiple of 32.</param>
    public static int SliceBytesOf(KvElementType type, int elements) => type switch
    {
        KvElementType.F32 => elements * 4,
        KvElementType.F16 or KvElementType.BF16 => elements * 2,
        KvElementType.Q8_0 => elements / 32 * 34,
        KvElementType.Q4_0 => elements / 32 * 18,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a cache element type."),
    };
}
