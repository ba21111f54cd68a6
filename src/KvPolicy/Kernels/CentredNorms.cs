using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Squared distances of every head's rows from their mean, with the rotations of keys undone.</summary>
internal static class CentredNorms
{
    /// <summary>Computes them in two passes over the memory: the means, then the distances.</summary>
    /// <param name="layer">
    /// The keys, how the cache has rotated them and at which positions they stand. Without RoPE they are taken as they are, for
    /// distances do not mind a rotation that all share.
    /// </param>
    /// <param name="skip">First tokens that the mean leaves out: sinks lie far from all others. At least one token is left.</param>
    /// <param name="squares">Receives <c>[heads][tokens]</c>; not finite where a row is not.</param>
    public static void Compute(in KvLayerTensors layer, int skip, Span<float> squares)
    {
        KvTensor tensor = layer.Keys;
        using var block = new RowBlock(tensor.Heads, tensor.HeadDimension);
        InverseRotation? rotation = layer.Rotary is { } rotary ? new InverseRotation(rotary, layer.Positions?.First ?? 0) : null;
        int length = tensor.Heads * block.Stride;
        float[] buffer = ArrayPool<float>.Shared.Rent(length);
        Span<float> means = buffer.AsSpan(0, length);
        Mean(layer, rotation, skip, block, means);
        for (int token = 0; token < tensor.Tokens; token += RowBlock.Capacity)
        {
            Read(layer, rotation, token, block);
            for (int head = 0; head < tensor.Heads; head++)
            {
                Distances(block, head, means.Slice(head * block.Stride, block.Stride), squares.Slice((head * tensor.Tokens) + token, block.Count));
            }
        }

        ArrayPool<float>.Shared.Return(buffer);
    }

    [MethodImpl(Hot.Loop)]
    private static void Mean(in KvLayerTensors layer, InverseRotation? rotation, int skip, RowBlock block, Span<float> means)
    {
        KvTensor tensor = layer.Keys;
        means.Clear();
        Span<int> counts = stackalloc int[tensor.Heads];
        counts.Clear();
        for (int token = 0; token < tensor.Tokens; token += RowBlock.Capacity)
        {
            Read(layer, rotation, token, block);
            int first = Math.Clamp(skip - token, 0, block.Count);
            for (int head = 0; head < tensor.Heads; head++)
            {
                Span<float> mean = means.Slice(head * block.Stride, block.Stride);
                counts[head] += AddFinite(Rows(block, head, first, block.Count - first), mean);
            }
        }

        for (int head = 0; head < tensor.Heads; head++)
        {
            Span<float> mean = means.Slice(head * block.Stride, block.Stride);
            TensorPrimitives.Divide(mean, Math.Max(counts[head], 1), mean);
        }
    }

    private static ReadOnlySpan<float> Rows(RowBlock block, int head, int first, int count) =>
        block.Values.AsSpan(block.Offset(head, first), count * block.Stride);

    private static void Read(in KvLayerTensors layer, InverseRotation? rotation, int token, RowBlock block)
    {
        block.Read(layer.Keys, token);
        if (rotation is null)
        {
            return;
        }

        int listed = 0;
        int offset = 0;
        if (layer.Positions is { } positions)
        {
            listed = Math.Clamp(positions.Kept - token, 0, block.Count);
            offset = positions.First - positions.Kept;
            UndoListed(layer, positions, rotation, token, listed, block);
        }

        if (listed < block.Count)
        {
            rotation.Seek(token + listed + offset);
            UndoConsecutive(layer, rotation, listed, block);
        }
    }

    /// <summary>Turns back the block's first rows, whose positions differ from head to head.</summary>
    [MethodImpl(Hot.Loop)]
    private static void UndoListed(in KvLayerTensors layer, KvPositions positions, InverseRotation rotation, int token, int count, RowBlock block)
    {
        HadamardRotation? hadamard = layer.KeyRotation;
        for (int head = 0; head < positions.Heads; head++)
        {
            ReadOnlySpan<int> listed = positions.Listed(head);
            for (int row = 0; row < count; row++)
            {
                Span<float> key = block.Row(head, row);
                hadamard?.Apply(key);
                rotation.Jump(listed[token + row]);
                rotation.Apply(key);
            }
        }
    }

    /// <summary>Turns back the block's other rows, which stand at consecutive positions from the rotation's own on.</summary>
    [MethodImpl(Hot.Loop)]
    private static void UndoConsecutive(in KvLayerTensors layer, InverseRotation rotation, int first, RowBlock block)
    {
        HadamardRotation? hadamard = layer.KeyRotation;
        int heads = layer.Keys.Heads;
        for (int row = first; row < block.Count; row++)
        {
            for (int head = 0; head < heads; head++)
            {
                Span<float> key = block.Row(head, row);
                hadamard?.Apply(key);
                rotation.Apply(key);
            }

            rotation.Next();
        }
    }

    /// <summary>Adds the finite ones of neighbouring rows to a sum: the others are evicted, and must not take these with them.</summary>
    /// <returns>How many were added.</returns>
    private static int AddFinite(ReadOnlySpan<float> rows, Span<float> sum)
    {
        Span<float> block = stackalloc float[sum.Length];
        AddColumns(rows, block);

        // Zero times a number is zero; times an infinity or NaN it is NaN, and the rows are taken one by one.
        if (!float.IsNaN(TensorPrimitives.Sum<float>(block) * 0))
        {
            TensorPrimitives.Add(sum, block, sum);
            return rows.Length / sum.Length;
        }

        int count = 0;
        for (; rows.Length > 0; rows = rows[sum.Length..])
        {
            ReadOnlySpan<float> row = rows[..sum.Length];
            if (!float.IsNaN(TensorPrimitives.Sum(row) * 0))
            {
                TensorPrimitives.Add(sum, row, sum);
                count++;
            }
        }

        return count;
    }

    [MethodImpl(Hot.Loop)]
    private static void AddColumns(ReadOnlySpan<float> rows, Span<float> sums)
    {
        ref float first = ref MemoryMarshal.GetReference(rows);
        for (int column = 0; column < sums.Length; column += Vector256<float>.Count)
        {
            Vector256<float> sum = default;
            for (int i = column; i < rows.Length; i += sums.Length)
            {
                sum += Vector256.LoadUnsafe(ref first, (nuint)i);
            }

            sum.CopyTo(sums[column..]);
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void Distances(RowBlock block, int head, ReadOnlySpan<float> mean, Span<float> squares)
    {
        ReadOnlySpan<float> rows = Rows(block, head, 0, squares.Length);
        ref float row = ref MemoryMarshal.GetReference(rows);
        ref float centre = ref MemoryMarshal.GetReference(mean);
        foreach (ref float square in squares)
        {
            Vector256<float> sum = default;
            for (int i = 0; i < mean.Length; i += Vector256<float>.Count)
            {
                Vector256<float> difference = Vector256.LoadUnsafe(ref row, (nuint)i) - Vector256.LoadUnsafe(ref centre, (nuint)i);
                sum = Vector256.FusedMultiplyAdd(difference, difference, sum);
            }

            square = Vector256.Sum(sum);
            row = ref Unsafe.Add(ref row, mean.Length);
        }
    }
}
