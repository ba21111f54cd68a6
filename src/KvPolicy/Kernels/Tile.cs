using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>The one matrix product that sketches, Gram matrices and leverage scores are made of: 8 rows by 8 or 16 columns.</summary>
/// <remarks>
/// Eight accumulators hide the latency of a fused multiply-add and leave registers to spare on every machine with vectors of
/// the tile's width; narrower ones split each vector.
/// </remarks>
internal static unsafe class Tile
{
    public const int Size = 8;

    /// <summary>The columns of a wide tile.</summary>
    public const int Width = 16;

    /// <summary>Whether wide tiles are faster: they need 512-bit vectors.</summary>
    public static bool IsWide => Vector512.IsHardwareAccelerated;

    public static int RoundUp(int length) => (length + Size - 1) / Size * Size;

    /// <summary><c>c[i][j] = Σₛ a[i·rowStride + s·stepStride] · b[s·bStride + j]</c>, strides in elements.</summary>
    /// <param name="a">The left factor's first element.</param>
    /// <param name="rowStride">From one row of the result to the next; as wide as a row for <c>A·B</c>, 1 for <c>Aᵀ·B</c>.</param>
    /// <param name="stepStride">From one summand to the next.</param>
    /// <param name="b">The right factor's first element.</param>
    /// <param name="bStride">From one summand to the next.</param>
    /// <param name="steps">The number of summands.</param>
    /// <param name="c">Receives 64 numbers, row by row.</param>
    [MethodImpl(Hot.Loop)]
    public static void Multiply(float* a, nint rowStride, nint stepStride, float* b, nint bStride, int steps, float* c)
    {
        Vector256<float> c0 = Vector256<float>.Zero, c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
        float* lower = a + (4 * rowStride);
        for (int step = 0; step < steps; step++)
        {
            Vector256<float> row = Vector256.Load(b);
            c0 = Vector256.FusedMultiplyAdd(Vector256.Create(a[0]), row, c0);
            c1 = Vector256.FusedMultiplyAdd(Vector256.Create(a[rowStride]), row, c1);
            c2 = Vector256.FusedMultiplyAdd(Vector256.Create(a[2 * rowStride]), row, c2);
            c3 = Vector256.FusedMultiplyAdd(Vector256.Create(a[3 * rowStride]), row, c3);
            c4 = Vector256.FusedMultiplyAdd(Vector256.Create(lower[0]), row, c4);
            c5 = Vector256.FusedMultiplyAdd(Vector256.Create(lower[rowStride]), row, c5);
            c6 = Vector256.FusedMultiplyAdd(Vector256.Create(lower[2 * rowStride]), row, c6);
            c7 = Vector256.FusedMultiplyAdd(Vector256.Create(lower[3 * rowStride]), row, c7);
            a += stepStride;
            lower += stepStride;
            b += bStride;
        }

        c0.Store(c);
        c1.Store(c + 8);
        c2.Store(c + 16);
        c3.Store(c + 24);
        c4.Store(c + 32);
        c5.Store(c + 40);
        c6.Store(c + 48);
        c7.Store(c + 56);
    }

    /// <summary>The same for 16 columns; the product is handed over in registers.</summary>
    /// <param name="a">The left factor's first element.</param>
    /// <param name="rowStride">From one row of the result to the next.</param>
    /// <param name="stepStride">From one summand to the next.</param>
    /// <param name="b">The right factor's first element.</param>
    /// <param name="bStride">From one summand to the next.</param>
    /// <param name="steps">The number of summands.</param>
    /// <param name="result">Takes the product, row by row.</param>
    [MethodImpl(Hot.Loop)]
    public static void MultiplyWide<TResult>(float* a, nint rowStride, nint stepStride, float* b, nint bStride, int steps, TResult result)
        where TResult : struct, ITileResult
    {
        Vector512<float> c0 = Vector512<float>.Zero, c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
        float* lower = a + (4 * rowStride);
        for (int step = 0; step < steps; step++)
        {
            Vector512<float> row = Vector512.Load(b);
            c0 = Vector512.FusedMultiplyAdd(Vector512.Create(a[0]), row, c0);
            c1 = Vector512.FusedMultiplyAdd(Vector512.Create(a[rowStride]), row, c1);
            c2 = Vector512.FusedMultiplyAdd(Vector512.Create(a[2 * rowStride]), row, c2);
            c3 = Vector512.FusedMultiplyAdd(Vector512.Create(a[3 * rowStride]), row, c3);
            c4 = Vector512.FusedMultiplyAdd(Vector512.Create(lower[0]), row, c4);
            c5 = Vector512.FusedMultiplyAdd(Vector512.Create(lower[rowStride]), row, c5);
            c6 = Vector512.FusedMultiplyAdd(Vector512.Create(lower[2 * rowStride]), row, c6);
            c7 = Vector512.FusedMultiplyAdd(Vector512.Create(lower[3 * rowStride]), row, c7);
            a += stepStride;
            lower += stepStride;
            b += bStride;
        }

        result.Take(0, c0);
        result.Take(1, c1);
        result.Take(2, c2);
        result.Take(3, c3);
        result.Take(4, c4);
        result.Take(5, c5);
        result.Take(6, c6);
        result.Take(7, c7);
    }
}
