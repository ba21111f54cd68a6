using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Widens rows of any element type and layout to floats, exactly; an infinity may become NaN.</summary>
internal static unsafe class RowReader
{
    /// <summary>Reads as many tokens as the block is to hold.</summary>
    /// <param name="tensor">The keys or the values.</param>
    /// <param name="firstToken">The first token.</param>
    /// <param name="block">Receives their rows.</param>
    public static void Read(in KvTensor tensor, int firstToken, RowBlock block)
    {
        if (tensor.Layout == KvLayout.TokenMajor)
        {
            ReadByToken(tensor, firstToken, block);
        }
        else
        {
            ReadByChannel(tensor, firstToken, block);
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void ReadByToken(in KvTensor tensor, int firstToken, RowBlock block)
    {
        for (int row = 0; row < block.Count; row++)
        {
            byte* source = tensor.Data + ((firstToken + row) * tensor.RowBytes);
            for (int head = 0; head < tensor.Heads; head++, source += tensor.SliceBytes)
            {
                Widen(tensor.Type, source, block.Row(head, row));
            }
        }
    }

    private static void ReadByChannel(in KvTensor tensor, int firstToken, RowBlock block)
    {
        Span<float> run = stackalloc float[RowBlock.Capacity];
        run = run[..block.Count];
        byte* source = tensor.Data + KvTensor.SliceBytesOf(tensor.Type, firstToken);
        for (int head = 0; head < tensor.Heads; head++)
        {
            for (int channel = 0; channel < tensor.HeadDimension; channel++, source += tensor.RowBytes)
            {
                Widen(tensor.Type, source, run);
                int target = block.Offset(head, 0) + channel;
                foreach (float value in run)
                {
                    block.Values[target] = value;
                    target += block.Stride;
                }
            }
        }
    }

    private static void Widen(KvElementType type, byte* source, Span<float> target)
    {
        switch (type)
        {
            case KvElementType.F32:
                Widen<F32Element>(type, source, target);
                break;
            case KvElementType.F16:
                Widen<F16Element>(type, source, target);
                break;
            case KvElementType.BF16:
                Widen<BF16Element>(type, source, target);
                break;
            case KvElementType.Q8_0:
                QuantisedRow<Q8_0Block>.Widen(source, target);
                break;
            case KvElementType.Q4_0:
                QuantisedRow<Q4_0Block>.Widen(source, target);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Not a cache element type.");
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void Widen<TElement>(KvElementType type, byte* source, Span<float> target)
        where TElement : IElement
    {
        int i = 0;
        for (; i + Vector256<float>.Count <= target.Length; i += Vector256<float>.Count)
        {
            TElement.Widen(source + (i * TElement.Bytes)).CopyTo(target[i..]);
        }

        for (; i < target.Length; i++)
        {
            target[i] = ScalarElements.Read(type, source, i);
        }
    }
}
