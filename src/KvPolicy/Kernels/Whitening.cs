using System.Numerics.Tensors;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>
/// Makes the projection after which a row's squared norm is its leverage score: <c>(L⁻¹)ᵀ</c>, where <c>LLᵀ = XᵀX + λI</c>.
/// </summary>
internal static class Whitening
{
    /// <summary>λ as a share of the mean eigenvalue.</summary>
    private const double RelativeRidge = 1e-6;

    // Rounding may leave the matrix indefinite at a small ridge; at the last step λ outweighs everything.
    private const int RidgeSteps = 10;

    /// <summary>Fills one head's matrix.</summary>
    /// <param name="gram">The head's Gram matrix, as <see cref="Gram"/> leaves it.</param>
    /// <param name="scratch">Room for as many numbers.</param>
    /// <param name="projection">Its upper triangles receive the result; all zeros where every row was zero.</param>
    /// <param name="head">The head.</param>
    public static void Fit(ReadOnlySpan<double> gram, Span<double> scratch, Projection projection, int head)
    {
        int stride = projection.Stride;
        bool factored = TryFactor(gram, projection.Rows, stride, scratch);
        Span<double> inverse = stackalloc double[projection.Rows];
        for (int column = 0; column < projection.Rows; column++)
        {
            Span<double> target = inverse[column..];
            target.Clear();
            if (factored)
            {
                Cholesky.InvertColumn(scratch, stride, column, target);
            }

            // A column of the inverse is a row of its transpose.
            TensorPrimitives.ConvertTruncating<double, float>(target, projection.Row(head, column)[column..]);
        }
    }

    private static bool TryFactor(ReadOnlySpan<double> gram, int size, int stride, Span<double> factor)
    {
        double trace = 0;
        for (int i = 0; i < size; i++)
        {
            trace += gram[(i * stride) + i];
        }

        double ridge = RelativeRidge * trace / size;
        if (!(ridge > 0 && double.IsFinite(ridge)))
        {
            return false;
        }

        for (int step = 0; step < RidgeSteps; step++, ridge *= 10)
        {
            if (Cholesky.TryFactor(gram, size, stride, ridge, factor))
            {
                return true;
            }
        }

        return false;
    }
}
