using System.Numerics.Tensors;

namespace CurKv.KvPolicy.Numerics;

/// <summary>Cholesky's factorisation <c>M = LLᵀ</c> in double precision, row by row.</summary>
internal static class Cholesky
{
    /// <summary>Factorises <c>M + ridge·I</c>.</summary>
    /// <param name="matrix">M; only what lies on and above the diagonal is read.</param>
    /// <param name="size">The number of rows.</param>
    /// <param name="stride">Elements from one row to the next, in both matrices.</param>
    /// <param name="ridge">What is added to the diagonal.</param>
    /// <param name="factor">Receives L on and below the diagonal; the rest is left as it is.</param>
    /// <returns>Whether the matrix was positive definite.</returns>
    public static bool TryFactor(ReadOnlySpan<double> matrix, int size, int stride, double ridge, Span<double> factor)
    {
        for (int i = 0; i < size; i++)
        {
            Span<double> row = factor.Slice(i * stride, i + 1);
            for (int j = 0; j < i; j++)
            {
                Span<double> above = factor.Slice(j * stride, j + 1);
                row[j] = (matrix[(j * stride) + i] - TensorPrimitives.Dot<double>(row[..j], above[..j])) / above[j];
            }

            double pivot = matrix[(i * stride) + i] + ridge - TensorPrimitives.SumOfSquares<double>(row[..i]);
            if (!(pivot > 0))
            {
                return false;
            }

            row[i] = Math.Sqrt(pivot);
        }

        return true;
    }

    /// <summary>Computes one column of <c>L⁻¹</c>.</summary>
    /// <param name="factor">L.</param>
    /// <param name="stride">Elements from one row to the next.</param>
    /// <param name="column">Which column.</param>
    /// <param name="inverse">Receives the column from the diagonal downwards.</param>
    public static void InvertColumn(ReadOnlySpan<double> factor, int stride, int column, Span<double> inverse)
    {
        inverse[0] = 1 / factor[(column * stride) + column];
        for (int i = 1; i < inverse.Length; i++)
        {
            ReadOnlySpan<double> row = factor.Slice(((column + i) * stride) + column, i + 1);
            inverse[i] = -TensorPrimitives.Dot(row[..i], inverse[..i]) / row[i];
        }
    }
}
