using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Squared distances of every head's rows from their mean, with the rotations of keys undone.</summary>
internal static class CentredNorms
{
    /// <summary>Computes them in two passes over the memory: the means, then the distances.</summary>
    /// <param name="tensor">The keys.</param>
    /// <param name="hadamard">How the cache has rotated them on top of <paramref name="rotary"/>; null where it has not.</param>
    /// <param name="rotary">
    /// How they are rotated by their tokens' indices; null to take them as they are, for distances do not mind a rotation that all
    /// share.
    /// </param>
    /// <param name="skip">First tokens that the mean leaves out: sinks lie far from all others. At least one token is left.</param>
    /// <param name="squares">Receives <c>[heads][tokens]</c>; not finite where a row is not.</param>
    public static void Compute(in KvTensor tensor, HadamardRotation? hadamard, RotaryEmbedding? rotary, int skip, Span<float> squares)
    {
        using var block = new RowBlock(tensor.Heads, tensor.HeadDimension);
        InverseRotation? rotation = rotary is null ? null : new InverseRotation(rotary);
        int length = tensor.Heads * tensor.HeadDimension;
        float[] buffer = ArrayPool<float>.Shared.Rent(length);
        Span<float> means = buffer.AsSpan(0, length);
        Mean(tensor, hadamard, rotation, skip, block, means);
        for (int token = 0; token < tensor.Tokens; token += RowBlock.Capacity)
        {
            Read(tensor, hadamard, rotation, token, block);
            for (int head = 0; head < tensor.Heads; head++)
            {
                Distances(block, head, means.Slice(head * tensor.HeadDimension, tensor.HeadDimension), squares.Slice((head * tensor.Tokens) + token, block.Count));
            }
        }

        ArrayPool<float>.Shared.Return(buffer);
    }

    [MethodImpl(Hot.Loop)]
    private static void Mean(in KvTensor tensor, HadamardRotation? hadamard, InverseRotation? rotation, int skip, RowBlock block, Span<float> means)
    {
        means.Clear();
        Span<int> counts = stackalloc int[tensor.Heads];
        counts.Clear();
        for (int token = 0; token < tensor.Tokens; token += RowBlock.Capacity)
        {
            Read(tensor, hadamard, rotation, token, block);
            for (int head = 0; head < tensor.Heads; head++)
            {
                Span<float> mean = means.Slice(head * tensor.HeadDimension, tensor.HeadDimension);
                for (int row = Math.Max(0, skip - token); row < block.Count; row++)
                {
                    if (AddIfFinite(block.Row(head, row), mean))
                    {
                        counts[head]++;
                    }
                }
            }
        }

        for (int head = 0; head < tensor.Heads; head++)
        {
            Span<float> mean = means.Slice(head * tensor.HeadDimension, tensor.HeadDimension);
            TensorPrimitives.Divide(mean, Math.Max(counts[head], 1), mean);
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void Read(in KvTensor tensor, HadamardRotation? hadamard, InverseRotation? rotation, int token, RowBlock block)
    {
        block.Read(tensor, token);
        if (rotation is null)
        {
            return;
        }

        rotation.Seek(token);
        for (int row = 0; row < block.Count; row++)
        {
            for (int head = 0; head < tensor.Heads; head++)
            {
                Span<float> key = block.Row(head, row);
                hadamard?.Apply(key);
                rotation.Apply(key);
            }

            rotation.Next();
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void Distances(RowBlock block, int head, ReadOnlySpan<float> mean, Span<float> squares)
    {
        for (int row = 0; row < squares.Length; row++)
        {
            squares[row] = SquaredDistance(block.Row(head, row), mean);
        }
    }

    /// <summary>Adds a row to a sum, unless it is not finite: such a row is evicted, and must not take the others with it.</summary>
    [MethodImpl(Hot.Loop)]
    private static bool AddIfFinite(ReadOnlySpan<float> row, Span<float> sum)
    {
        if (!FiniteRow.Test(row))
        {
            return false;
        }

        int i = 0;
        for (; i <= row.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            (Vector256.Create<float>(sum[i..]) + Vector256.Create(row[i..])).CopyTo(sum[i..]);
        }

        for (; i < row.Length; i++)
        {
            sum[i] += row[i];
        }

        return true;
    }

    [MethodImpl(Hot.Loop)]
    private static float SquaredDistance(ReadOnlySpan<float> row, ReadOnlySpan<float> mean)
    {
        Vector256<float> squares = default;
        int i = 0;
        for (; i <= row.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256<float> difference = Vector256.Create(row[i..]) - Vector256.Create(mean[i..]);
            squares += difference * difference;
        }

        float square = Vector256.Sum(squares);
        for (; i < row.Length; i++)
        {
            square += (row[i] - mean[i]) * (row[i] - mean[i]);
        }

        return square;
    }
}
