using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Squared distances of every head's rows from their mean, with the rotation by position undone.</summary>
internal static class CentredNorms
{
    /// <summary>Computes them in two passes over the memory: the means, then the distances.</summary>
    /// <param name="tensor">The keys.</param>
    /// <param name="rotary">How they are rotated by their tokens' indices; null to take them as they are.</param>
    /// <param name="skip">First tokens that the mean leaves out: sinks lie far from all others. At least one token is left.</param>
    /// <param name="squares">Receives <c>[heads][tokens]</c>; not finite where a row is not.</param>
    public static void Compute(in KvTensor tensor, RotaryEmbedding? rotary, int skip, Span<float> squares)
    {
        using var block = new RowBlock(tensor.Heads, tensor.HeadDimension);
        InverseRotation? rotation = rotary is null ? null : new InverseRotation(rotary);
        int length = tensor.Heads * tensor.HeadDimension;
        float[] buffer = ArrayPool<float>.Shared.Rent(length);
        Span<float> means = buffer.AsSpan(0, length);
        Mean(tensor, rotation, skip, block, means);
        for (int token = 0; token < tensor.Tokens; token += RowBlock.Capacity)
        {
            Read(tensor, rotation, token, block);
            for (int head = 0; head < tensor.Heads; head++)
            {
                Distances(block, head, means.Slice(head * tensor.HeadDimension, tensor.HeadDimension), squares.Slice((head * tensor.Tokens) + token, block.Count));
            }
        }

        ArrayPool<float>.Shared.Return(buffer);
    }

    private static void Mean(in KvTensor tensor, InverseRotation? rotation, int skip, RowBlock block, Span<float> means)
    {
        means.Clear();
        Span<int> counts = stackalloc int[tensor.Heads];
        counts.Clear();
        for (int token = 0; token < tensor.Tokens; token += RowBlock.Capacity)
        {
            Read(tensor, rotation, token, block);
            for (int head = 0; head < tensor.Heads; head++)
            {
                Span<float> mean = means.Slice(head * tensor.HeadDimension, tensor.HeadDimension);
                for (int row = Math.Max(0, skip - token); row < block.Count; row++)
                {
                    // A row that is not finite is evicted, and must not take the others with it.
                    if (float.IsFinite(TensorPrimitives.Sum<float>(block.Row(head, row))))
                    {
                        TensorPrimitives.Add(mean, block.Row(head, row), mean);
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

    private static void Read(in KvTensor tensor, InverseRotation? rotation, int token, RowBlock block)
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
                rotation.Apply(block.Row(head, row));
            }

            rotation.Next();
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void Distances(RowBlock block, int head, ReadOnlySpan<float> mean, Span<float> squares)
    {
        for (int row = 0; row < squares.Length; row++)
        {
            Span<float> centred = block.Row(head, row);
            TensorPrimitives.Subtract(centred, mean, centred);
            squares[row] = TensorPrimitives.SumOfSquares<float>(centred);
        }
    }
}
