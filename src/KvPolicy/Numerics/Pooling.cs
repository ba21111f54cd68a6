using System.Buffers;
using System.Numerics.Tensors;

namespace CurKv.KvPolicy.Numerics;

/// <summary>Pools a row with stride 1 in place. A NaN counts as zero to its neighbours and stays NaN.</summary>
internal static class Pooling
{
    /// <summary>Takes the mean of each neighbourhood; what lies outside the row counts as zeros.</summary>
    /// <param name="row">Numbers that are not negative.</param>
    /// <param name="kernel">The neighbourhood's width, odd.</param>
    public static void Average(Span<float> row, int kernel)
    {
        Pool(row, kernel, TensorPrimitives.Add);
        TensorPrimitives.Divide(row, kernel, row);
    }

    /// <summary>Takes the maximum of each neighbourhood.</summary>
    /// <inheritdoc cref="Average"/>
    public static void Max(Span<float> row, int kernel) => Pool(row, kernel, TensorPrimitives.Max);

    private static void Pool(Span<float> row, int kernel, Fold fold)
    {
        // Zeros on both sides spare the ends a special case: nothing is negative, so they do not win a maximum either.
        int length = row.Length + kernel - 1;
        float[] buffer = ArrayPool<float>.Shared.Rent(length);
        Span<float> padded = buffer.AsSpan(0, length);
        padded.Clear();
        TensorPrimitives.MaxNumber(row, 0, padded.Slice(kernel / 2, row.Length));

        // Times zero, a NaN stays and all else goes.
        TensorPrimitives.Multiply(row, 0, row);
        for (int offset = 0; offset < kernel; offset++)
        {
            fold(row, padded.Slice(offset, row.Length), row);
        }

        ArrayPool<float>.Shared.Return(buffer);
    }

    private delegate void Fold(ReadOnlySpan<float> pooled, ReadOnlySpan<float> shifted, Span<float> target);
}
