using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Cosines between every head's rows and the mean of its rows' directions.</summary>
internal static class MeanCosines
{
    /// <summary>Computes them in two passes over the memory: the means, then the cosines.</summary>
    /// <param name="tensor">The keys.</param>
    /// <param name="cosines">
    /// Receives <c>[heads][tokens]</c>; NaN where a row is not finite or its squared norm overflows, 0 where a row is zero. Neither
    /// enters the mean.
    /// </param>
    public static void Compute(in KvTensor tensor, Span<float> cosines)
    {
        using var block = new RowBlock(tensor.Heads, tensor.HeadDimension);
        int length = tensor.Heads * tensor.HeadDimension;
        float[] buffer = ArrayPool<float>.Shared.Rent(length);
        Span<float> means = buffer.AsSpan(0, length);
        means.Clear();
        for (int token = 0; token < tensor.Tokens; token += RowBlock.Capacity)
        {
            block.Read(tensor, token);
            for (int head = 0; head < tensor.Heads; head++)
            {
                Span<float> mean = means.Slice(head * tensor.HeadDimension, tensor.HeadDimension);
                AddDirections(block, head, mean, cosines.Slice((head * tensor.Tokens) + token, block.Count));
            }
        }

        for (int head = 0; head < tensor.Heads; head++)
        {
            Span<float> mean = means.Slice(head * tensor.HeadDimension, tensor.HeadDimension);
            TensorPrimitives.Multiply(mean, InverseNorm(TensorPrimitives.SumOfSquares<float>(mean)), mean);
        }

        for (int token = 0; token < tensor.Tokens; token += RowBlock.Capacity)
        {
            block.Read(tensor, token);
            for (int head = 0; head < tensor.Heads; head++)
            {
                Span<float> mean = means.Slice(head * tensor.HeadDimension, tensor.HeadDimension);
                MultiplyProducts(block, head, mean, cosines.Slice((head * tensor.Tokens) + token, block.Count));
            }
        }

        ArrayPool<float>.Shared.Return(buffer);
    }

    /// <summary>What a row is multiplied with to have length 1: 0 for a zero row, NaN for one that is not finite.</summary>
    public static float InverseNorm(float square) => square switch
    {
        0 => 0,
        float.PositiveInfinity => float.NaN,
        _ => 1 / MathF.Sqrt(square),
    };

    /// <summary>Sums up the rows' directions and leaves their inverse norms where the cosines will be.</summary>
    [MethodImpl(Hot.Loop)]
    private static void AddDirections(RowBlock block, int head, Span<float> sum, Span<float> inverseNorms)
    {
        for (int row = 0; row < inverseNorms.Length; row++)
        {
            ReadOnlySpan<float> values = block.Row(head, row);
            inverseNorms[row] = InverseNorm(Dot(values, values));
            if (!float.IsNaN(inverseNorms[row]))
            {
                AddScaled(values, inverseNorms[row], sum);
            }
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void MultiplyProducts(RowBlock block, int head, ReadOnlySpan<float> mean, Span<float> cosines)
    {
        for (int row = 0; row < cosines.Length; row++)
        {
            cosines[row] *= Dot(block.Row(head, row), mean);
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void AddScaled(ReadOnlySpan<float> row, float scale, Span<float> sum)
    {
        int i = 0;
        for (; i <= row.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256.FusedMultiplyAdd(Vector256.Create(row[i..]), Vector256.Create(scale), Vector256.Create<float>(sum[i..])).CopyTo(sum[i..]);
        }

        for (; i < row.Length; i++)
        {
            sum[i] += row[i] * scale;
        }
    }

    [MethodImpl(Hot.Loop)]
    private static float Dot(ReadOnlySpan<float> row, ReadOnlySpan<float> other)
    {
        Vector256<float> sums = default;
        int i = 0;
        for (; i <= row.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            sums = Vector256.FusedMultiplyAdd(Vector256.Create(row[i..]), Vector256.Create(other[i..]), sums);
        }

        float sum = Vector256.Sum(sums);
        for (; i < row.Length; i++)
        {
            sum += row[i] * other[i];
        }

        return sum;
    }
}
