using CurKv.KvPolicy;

namespace CurKv.Connector.KvCache;

/// <summary>Gathers selected tokens. The j-th token of an ascending selection is never before cell j, so that forward copying to the first cells overwrites nothing that is still needed.</summary>
internal static unsafe class RowGather
{
    /// <summary>Moves one layer's keys or values to its first cells, each head by its own selection.</summary>
    public static void InPlace(in KvTensor tensor, KvSelection selection, int layer)
    {
        if (tensor.Layout == KvLayout.TokenMajor)
        {
            MoveRows(tensor, selection, layer);
        }
        else
        {
            MoveChannels(tensor, selection, layer);
        }
    }

    /// <summary>Gathers one channel's elements, which lie token by token.</summary>
    /// <param name="from">The first token's element.</param>
    /// <param name="to">Where they go: elsewhere, or <paramref name="from"/> itself.</param>
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

    private static void MoveRows(in KvTensor tensor, KvSelection selection, int layer)
    {
        int slice = tensor.SliceBytes;
        for (int head = 0; head < tensor.Heads; head++)
        {
            ReadOnlySpan<int> tokens = selection[layer, head];
            byte* data = tensor.HeadData(head);
            for (int cell = 0; cell < tokens.Length; cell++)
            {
                if (tokens[cell] != cell)
                {
                    Buffer.MemoryCopy(data + (tokens[cell] * tensor.RowBytes), data + (cell * tensor.RowBytes), slice, slice);
                }
            }
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
