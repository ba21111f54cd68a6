using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache.State;

/// <summary>
/// Gathers selected tokens. The j-th token of an ascending selection is never before cell j, so copying forward to the first cells
/// overwrites nothing that is still needed.
/// </summary>
internal static unsafe class RowGather
{
    private const int CacheLineBytes = 64;
    private const int CellsAhead = 2;

    /// <summary>Moves one layer's keys or values to its first cells, each head by its own selection.</summary>
    public static void InPlace(in KvTensor tensor, KvSelection selection, int layer)
    {
        if (tensor.Layout == KvLayout.TokenMajor)
        {
            Rows(tensor, tensor.Data, (nint)tensor.RowBytes, selection, layer);
        }
        else
        {
            MoveChannels(tensor, selection, layer);
        }
    }

    /// <summary>
    /// Gathers rows, cell by cell: the tokens that the heads keep in one cell are close to each other in the text, so that each page of
    /// memory is visited once and not once for each head.
    /// </summary>
    /// <param name="tensor">The rows, token by token.</param>
    /// <param name="to">The destination of the first cell's row: other memory, or the tensor's beginning.</param>
    /// <param name="rowBytes">Bytes from one row to the next at the destination.</param>
    /// <param name="selection">The tokens that each head keeps.</param>
    /// <param name="layer">The selection's layer.</param>
    public static void Rows(in KvTensor tensor, byte* to, nint rowBytes, KvSelection selection, int layer)
    {
        int slice = tensor.SliceBytes;
        int cells = selection.Cells;
        ReadOnlySpan<int> tokens = selection[layer];
        for (int cell = 0; cell < cells; cell++)
        {
            for (int head = 0; head < tensor.Heads; head++)
            {
                byte* data = tensor.HeadData(head);
                Prefetch(data + (tokens[(head * cells) + Math.Min(cell + CellsAhead, cells - 1)] * tensor.RowBytes), slice);
                byte* source = data + (tokens[(head * cells) + cell] * tensor.RowBytes);
                byte* target = to + (cell * rowBytes) + ((nint)head * slice);
                if (source != target)
                {
                    Copy(source, target, slice);
                }
            }
        }

        if (Sse.IsSupported)
        {
            Sse.StoreFence();
        }
    }

    /// <summary>Gathers one channel's elements, which are stored token by token.</summary>
    /// <param name="from">The first token's element.</param>
    /// <param name="to">The destination: other memory, or <paramref name="from"/> itself.</param>
    /// <param name="tokens">The selected tokens, ascending.</param>
    /// <param name="elementBytes">Bytes of an element: 2 or 4.</param>
    public static void Channel(byte* from, byte* to, ReadOnlySpan<int> tokens, int elementBytes)
    {
        if (elementBytes == sizeof(ushort))
        {
            Elements((ushort*)from, (ushort*)to, tokens);
        }
        else
        {
            Elements((uint*)from, (uint*)to, tokens);
        }
    }

    // The destination is not read before it is written: non-temporal stores save reading it into the caches.
    private static void Copy(byte* source, byte* target, int bytes)
    {
        if (!Avx.IsSupported || ((nuint)target | (uint)bytes) % (uint)Vector256<byte>.Count != 0)
        {
            Buffer.MemoryCopy(source, target, bytes, bytes);
            return;
        }

        for (int offset = 0; offset < bytes; offset += Vector256<byte>.Count)
        {
            Vector256.Load(source + offset).StoreAlignedNonTemporal(target + offset);
        }
    }

    // The hardware prefetcher cannot predict the kept rows: without a hint, the processor waits for each.
    private static void Prefetch(byte* row, int bytes)
    {
        for (int offset = 0; Sse.IsSupported && offset < bytes; offset += CacheLineBytes)
        {
            Sse.Prefetch0(row + offset);
        }
    }

    private static void MoveChannels(in KvTensor tensor, KvSelection selection, int layer)
    {
        int elementBytes = KvTensor.SliceBytesOf(tensor.Type, 1);
        for (int channel = 0; channel < tensor.Heads * tensor.HeadDimension; channel++)
        {
            byte* row = tensor.Data + (channel * tensor.RowBytes);
            Channel(row, row, selection[layer, channel / tensor.HeadDimension], elementBytes);
        }
    }

    private static void Elements<T>(T* from, T* to, ReadOnlySpan<int> tokens)
        where T : unmanaged
    {
        for (int cell = 0; cell < tokens.Length; cell++)
        {
            to[cell] = from[tokens[cell]];
        }
    }
}
