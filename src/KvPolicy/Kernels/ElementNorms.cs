using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Squared norms over floating-point elements, in either layout.</summary>
internal static unsafe class ElementNorms<TElement>
    where TElement : IElement
{
    private const int Step = 32;

    // Tokens whose sums stay in the first-level cache while the channels go by.
    private const int ChannelRun = 1024;

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
        int vectorised = tensor.HeadDimension & ~(Step - 1);
        for (int token = 0; token < tensor.Tokens; token++)
        {
            byte* row = tensor.Data + (token * tensor.RowBytes);
            for (int head = 0; head < tensor.Heads; head++, row += tensor.SliceBytes)
            {
                float sum = Sum(row, vectorised);
                for (int channel = vectorised; channel < tensor.HeadDimension; channel++)
                {
                    float value = ScalarElements.Read(tensor, head, token, channel);
                    sum += value * value;
                }

                squares[(head * tensor.Tokens) + token] = sum;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(byte* row, int length)
    {
        Vector512<float> first = Vector512<float>.Zero;
        Vector512<float> second = first;
        for (byte* end = row + (length * TElement.Bytes); row < end; row += Step * TElement.Bytes)
        {
            (Vector512<float> x, Vector512<float> y) = TElement.Load(row);
            first = Vector512.FusedMultiplyAdd(x, x, first);
            second = Vector512.FusedMultiplyAdd(y, y, second);
        }

        return Vector512.Sum(first + second);
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
        new Span<float>(sums, count).Clear();
        for (int channel = 0; channel < tensor.HeadDimension; channel++)
        {
            byte* run = data + (channel * tensor.RowBytes);
            for (int i = 0; i < count; i += Step, run += Step * TElement.Bytes)
            {
                (Vector512<float> x, Vector512<float> y) = TElement.Load(run);
                float* second = sums + i + Vector512<float>.Count;
                Vector512.FusedMultiplyAdd(x, x, Vector512.Load(sums + i)).Store(sums + i);
                Vector512.FusedMultiplyAdd(y, y, Vector512.Load(second)).Store(second);
            }
        }
    }

    /// <summary>Undoes the order in which <typeparamref name="TElement"/> deals elements out to two vectors.</summary>
    [MethodImpl(Hot.Loop)]
    private static void PutInOrder(float* sums, Span<float> target)
    {
        for (int i = 0; i < target.Length; i++)
        {
            int lane = i % Step;
            int dealt = TElement.Interleaved ? (lane % 2 * (Step / 2)) + (lane / 2) : lane;
            target[i] = sums[i - lane + dealt];
        }
    }
}
