using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Squared norms over floating-point elements, in either layout.</summary>
internal static unsafe class ElementNorms<TElement>
    where TElement : IElement
{
    private const int Step = 32;

    // Tokens whose sums stay in the first-level cache while the channels go by.
    private const int ChannelRun = 2048;

    // Channels that are read side by side: fewer passes over the sums, and not more streams than the processor can prefetch.
    private const int ChannelGroup = 8;

    public static void Compute(in KvTensor tensor, Span<float> squares)
    {
        if (tensor.Layout == KvLayout.TokenMajor)
        {
            ByToken(tensor, squares);
        }
        else
        {
            ByChannel(tensor, squares);
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void ByToken(in KvTensor tensor, Span<float> squares)
    {
        int headDimension = tensor.HeadDimension;
        int sliceBytes = tensor.SliceBytes;
        for (int token = 0; token < tensor.Tokens; token++)
        {
            byte* row = tensor.Data + (token * tensor.RowBytes);
            for (int i = token; i < squares.Length; i += tensor.Tokens, row += sliceBytes)
            {
                squares[i] = Sum(row, headDimension);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(byte* row, int length)
    {
        Vector512<float> first = Vector512<float>.Zero;
        Vector512<float> second = first;
        int i = 0;
        for (; i <= length - Step; i += Step)
        {
            (Vector512<float> x, Vector512<float> y) = TElement.Load(row + (i * TElement.Bytes));
            first = Vector512.FusedMultiplyAdd(x, x, first);
            second = Vector512.FusedMultiplyAdd(y, y, second);
        }

        float sum = Vector512.Sum(first + second);
        return i == length ? sum : sum + SumRest(row, i, length);
    }

    private static float SumRest(byte* row, int start, int end)
    {
        float sum = 0;
        if (start <= end - Vector512<float>.Count)
        {
            Vector512<float> x = TElement.Widen(row + (start * TElement.Bytes));
            sum = Vector512.Dot(x, x);
            start += Vector512<float>.Count;
        }

        for (int i = start; i < end; i++)
        {
            float value = ScalarElements.Read(TElement.Type, row, i);
            sum += value * value;
        }

        return sum;
    }

    private static void ByChannel(in KvTensor tensor, Span<float> squares)
    {
        int vectorised = tensor.Tokens & ~(Step - 1);
        float* sums = stackalloc float[ChannelRun];
        for (int head = 0; head < tensor.Heads; head++)
        {
            Span<float> row = squares.Slice(head * tensor.Tokens, tensor.Tokens);
            for (int token = 0; token < vectorised; token += ChannelRun)
            {
                int count = Math.Min(ChannelRun, vectorised - token);
                new Span<float>(sums, count).Clear();
                AddChannels(tensor, tensor.HeadData(head) + (token * TElement.Bytes), count, sums);
                PutInOrder(sums, row.Slice(token, count));
            }

            for (int token = vectorised; token < row.Length; token++)
            {
                row[token] = ScalarSquaredNorms.Row(tensor, head, token);
            }
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void AddChannels(in KvTensor tensor, byte* data, int count, float* sums)
    {
        nint rowBytes = tensor.RowBytes;
        for (int channels = tensor.HeadDimension; channels > 0; channels -= ChannelGroup, data += ChannelGroup * rowBytes)
        {
            for (int i = 0; i < count; i += Step)
            {
                byte* elements = data + (i * TElement.Bytes);
                Vector512<float> first = Vector512.Load(sums + i);
                Vector512<float> second = Vector512.Load(sums + i + Vector512<float>.Count);
                for (int channel = Math.Min(ChannelGroup, channels); channel > 0; channel--, elements += rowBytes)
                {
                    (Vector512<float> x, Vector512<float> y) = TElement.Load(elements);
                    first = Vector512.FusedMultiplyAdd(x, x, first);
                    second = Vector512.FusedMultiplyAdd(y, y, second);
                }

                first.Store(sums + i);
                second.Store(sums + i + Vector512<float>.Count);
            }
        }
    }

    /// <summary>Undoes the order in which <typeparamref name="TElement"/> deals elements out to two vectors.</summary>
    [MethodImpl(Hot.Loop)]
    private static void PutInOrder(float* sums, Span<float> target)
    {
        if (!TElement.Interleaved)
        {
            new Span<float>(sums, target.Length).CopyTo(target);
            return;
        }

        Vector512<int> lower = Vector512.Create(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
        Vector512<int> upper = lower + Vector512.Create(8);
        Vector512<float> odd = Vector512.Create(-1L << 32).AsSingle();
        for (; target.Length > 0; target = target[Step..], sums += Step)
        {
            Vector512<float> first = Vector512.Load(sums);
            Vector512<float> second = Vector512.Load(sums + Vector512<float>.Count);
            Vector512.ConditionalSelect(odd, Vector512.Shuffle(second, lower), Vector512.Shuffle(first, lower)).CopyTo(target);
            Vector512.ConditionalSelect(odd, Vector512.Shuffle(second, upper), Vector512.Shuffle(first, upper)).CopyTo(target[Vector512<float>.Count..]);
        }
    }
}
