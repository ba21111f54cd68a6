using CurKv.KvPolicy;

namespace CurKv.Connector.KvCache;

/// <summary>Moves selected rows of a tensor to its first cells. The j-th token of an ascending selection is never before cell j, so that forward copying overwrites nothing that is still needed.</summary>
internal static unsafe class RowGather
{
    /// <summary>Gathers one layer's keys or values, each head by its own selection.</summary>
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
        bool isTwoBytes = KvTensor.SliceBytesOf(tensor.Type, 1) == sizeof(ushort);
        for (int channel = 0; channel < tensor.Heads * tensor.HeadDimension; channel++)
        {
            ReadOnlySpan<int> tokens = selection[layer, channel / tensor.HeadDimension];
            byte* row = tensor.Data + (channel * tensor.RowBytes);
            if (isTwoBytes)
            {
                Move((ushort*)row, tokens);
            }
            else
            {
                Move((uint*)row, tokens);
            }
        }
    }

    private static void Move<T>(T* row, ReadOnlySpan<int> tokens)
        where T : unmanaged
    {
        for (int cell = 0; cell < tokens.Length; cell++)
        {
            row[cell] = row[tokens[cell]];
        }
    }
}
