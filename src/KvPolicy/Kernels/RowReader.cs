using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Widens rows of any element type and layout to floats, exactly; an infinity may become NaN.</summary>
internal static unsafe class RowReader
{
    // The stores keep the processor's own prefetching from running far enough ahead.
    private const int PrefetchDistance = 4096;

    private const int CacheLine = 64;

    /// <summary>Reads as many tokens as the block is to hold.</summary>
    /// <param name="tensor">The keys or the values.</param>
    /// <param name="firstToken">The first token.</param>
    /// <param name="block">Receives their rows.</param>
    public static void Read(in KvTensor tensor, int firstToken, RowBlock block)
    {
        switch (tensor.Type)
        {
            case KvElementType.F32:
                Read<ElementRow<F32Element>>(tensor, firstToken, block);
                break;
            case KvElementType.F16:
                Read<ElementRow<F16Element>>(tensor, firstToken, block);
                break;
            case KvElementType.BF16:
                Read<ElementRow<BF16Element>>(tensor, firstToken, block);
                break;
            case KvElementType.Q8_0:
                Read<QuantisedRow<Q8_0Block>>(tensor, firstToken, block);
                break;
            case KvElementType.Q4_0:
                Read<QuantisedRow<Q4_0Block>>(tensor, firstToken, block);
                break;
            default:
                throw new ArgumentException($"{tensor.Type} is not a cache element type.", nameof(tensor));
        }
    }

    private static void Read<TRow>(in KvTensor tensor, int firstToken, RowBlock block)
        where TRow : IRowFormat
    {
        if (tensor.Layout == KvLayout.TokenMajor)
        {
            ReadByToken<TRow>(tensor, firstToken, block);
        }
        else
        {
            ReadByChannel<TRow>(tensor, firstToken, block);
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void ReadByToken<TRow>(in KvTensor tensor, int firstToken, RowBlock block)
        where TRow : IRowFormat
    {
        int headDimension = tensor.HeadDimension;
        int sliceBytes = tensor.SliceBytes;
        fixed (float* values = block.Values)
        {
            for (int row = 0; row < block.Count; row++)
            {
                byte* source = tensor.Data + ((firstToken + row) * tensor.RowBytes);
                for (int head = 0; head < tensor.Heads; head++, source += sliceBytes)
                {
                    Prefetch(source + PrefetchDistance, sliceBytes);
                    TRow.Widen(source, values + block.Offset(head, row), headDimension);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* data, int bytes)
    {
        for (byte* end = data + bytes; Sse.IsSupported && data < end; data += CacheLine)
        {
            Sse.Prefetch0(data);
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void ReadByChannel<TRow>(in KvTensor tensor, int firstToken, RowBlock block)
        where TRow : IRowFormat
    {
        float* run = stackalloc float[RowBlock.Capacity];
        byte* source = tensor.Data + KvTensor.SliceBytesOf(tensor.Type, firstToken);
        fixed (float* values = block.Values)
        {
            for (int head = 0; head < tensor.Heads; head++)
            {
                for (int channel = 0; channel < tensor.HeadDimension; channel++, source += tensor.RowBytes)
                {
                    TRow.Widen(source, run, block.Count);
                    float* target = values + block.Offset(head, 0) + channel;
                    for (int row = 0; row < block.Count; row++, target += block.Stride)
                    {
                        *target = run[row];
                    }
                }
            }
        }
    }
}
