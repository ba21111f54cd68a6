using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>How unevenly a row's elements lie within the ranges that the next partition of tokens spans (LagKV, arXiv 2504.04704).</summary>
internal static class LagDeviations
{
    /// <summary>Computes the standard deviation, over channels, of <c>(x − min) / (max − min)</c>.</summary>
    /// <param name="tensor">The keys or the values.</param>
    /// <param name="start">The first partition's first token.</param>
    /// <param name="lag">Tokens in a partition.</param>
    /// <param name="partitions">How many lie end to end; the last one is only compared with.</param>
    /// <param name="deviations">
    /// Receives <c>[heads][tokens]</c>, for the tokens of all partitions but the last; not finite where a row is not. The others are
    /// left as they are.
    /// </param>
    /// <remarks>
    /// Rows that are not finite do not enter the ranges. A channel that the next partition holds constant counts as 0. A partition's
    /// rows are read twice, the second time from the processor's cache.
    /// </remarks>
    public static void Compute(in KvTensor tensor, int start, int lag, int partitions, Span<float> deviations)
    {
        using var block = new RowBlock(tensor.Heads, tensor.HeadDimension);
        int length = tensor.Heads * tensor.HeadDimension;
        float[] buffer = ArrayPool<float>.Shared.Rent(2 * length);
        Span<float> least = buffer.AsSpan(0, length);
        Span<float> most = buffer.AsSpan(length, length);
        for (int partition = 0; partition < partitions - 1; partition++)
        {
            int first = start + (partition * lag);
            FindRanges(tensor, first + lag, lag, block, least, most);
            for (int token = first; token < first + lag; token += RowBlock.Capacity)
            {
                block.Read(tensor, token);
                Measure(tensor, token, Math.Min(block.Count, first + lag - token), block, least, most, deviations);
            }
        }

        ArrayPool<float>.Shared.Return(buffer);
    }

    /// <summary>Finds every channel's least element, and the inverse of how far the greatest lies above it.</summary>
    [MethodImpl(Hot.Loop)]
    private static void FindRanges(in KvTensor tensor, int first, int lag, RowBlock block, Span<float> least, Span<float> inverse)
    {
        least.Fill(float.PositiveInfinity);
        inverse.Fill(float.NegativeInfinity);
        for (int token = first; token < first + lag; token += RowBlock.Capacity)
        {
            block.Read(tensor, token);
            int count = Math.Min(block.Count, first + lag - token);
            for (int head = 0; head < tensor.Heads; head++)
            {
                int channel = head * tensor.HeadDimension;
                for (int row = 0; row < count; row++)
                {
                    Widen(block.Row(head, row), least.Slice(channel, tensor.HeadDimension), inverse.Slice(channel, tensor.HeadDimension));
                }
            }
        }

        for (int i = 0; i < least.Length; i++)
        {
            bool varies = inverse[i] > least[i];
            inverse[i] = varies ? 1 / (inverse[i] - least[i]) : 0;
            least[i] = varies ? least[i] : 0;
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void Widen(ReadOnlySpan<float> row, Span<float> least, Span<float> most)
    {
        if (!FiniteRow.Test(row))
        {
            return;
        }

        int i = 0;
        for (; i <= row.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256<float> values = Vector256.Create(row[i..]);
            Vector256.Min(values, Vector256.Create<float>(least[i..])).CopyTo(least[i..]);
            Vector256.Max(values, Vector256.Create<float>(most[i..])).CopyTo(most[i..]);
        }

        for (; i < row.Length; i++)
        {
            least[i] = Math.Min(row[i], least[i]);
            most[i] = Math.Max(row[i], most[i]);
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void Measure(
        in KvTensor tensor, int token, int count, RowBlock block, ReadOnlySpan<float> least, ReadOnlySpan<float> inverse, Span<float> deviations)
    {
        for (int head = 0; head < tensor.Heads; head++)
        {
            int channel = head * tensor.HeadDimension;
            for (int row = 0; row < count; row++)
            {
                deviations[(head * tensor.Tokens) + token + row] = Deviation(
                    block.Row(head, row), least.Slice(channel, tensor.HeadDimension), inverse.Slice(channel, tensor.HeadDimension));
            }
        }
    }

    [MethodImpl(Hot.Loop)]
    private static float Deviation(Span<float> row, ReadOnlySpan<float> least, ReadOnlySpan<float> inverse)
    {
        float mean = Normalise(row, least, inverse) / row.Length;
        Vector256<float> squares = default;
        int i = 0;
        for (; i <= row.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256<float> difference = Vector256.Create<float>(row[i..]) - Vector256.Create(mean);
            squares = Vector256.FusedMultiplyAdd(difference, difference, squares);
        }

        float square = Vector256.Sum(squares);
        for (; i < row.Length; i++)
        {
            square += (row[i] - mean) * (row[i] - mean);
        }

        return MathF.Sqrt(square / Math.Max(row.Length - 1, 1));
    }

    /// <summary>Puts a row in relation to the ranges, and sums it up.</summary>
    [MethodImpl(Hot.Loop)]
    private static float Normalise(Span<float> row, ReadOnlySpan<float> least, ReadOnlySpan<float> inverse)
    {
        Vector256<float> sums = default;
        int i = 0;
        for (; i <= row.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256<float> values = (Vector256.Create<float>(row[i..]) - Vector256.Create(least[i..])) * Vector256.Create(inverse[i..]);
            values.CopyTo(row[i..]);
            sums += values;
        }

        float sum = Vector256.Sum(sums);
        for (; i < row.Length; i++)
        {
            row[i] = (row[i] - least[i]) * inverse[i];
            sum += row[i];
        }

        return sum;
    }
}
