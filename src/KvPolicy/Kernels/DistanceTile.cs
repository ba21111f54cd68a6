using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Squared distances between eight rows and a strip of eight others.</summary>
/// <remarks>
/// Not by way of <c>‖a‖² − 2ab + ‖b‖²</c> and <see cref="Tile"/>: where the rows are close that loses all digits.
/// </remarks>
internal static unsafe class DistanceTile
{
    /// <summary><c>c[i][j] = Σₛ (a[i·stride + s] − b[s·8 + j])²</c>, strides in elements.</summary>
    /// <param name="a">The first of eight rows.</param>
    /// <param name="stride">From one row to the next.</param>
    /// <param name="b">The strip (<see cref="RowStrips"/>).</param>
    /// <param name="steps">The number of elements in a row.</param>
    /// <param name="c">Receives 64 numbers, row by row.</param>
    [MethodImpl(Hot.Loop)]
    public static void Compute(float* a, nint stride, float* b, int steps, float* c)
    {
        Vector256<float> c0 = Vector256<float>.Zero, c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
        float* lower = a + (4 * stride);
        for (int step = 0; step < steps; step++)
        {
            Vector256<float> row = Vector256.Load(b);
            c0 = AddSquare(a[0], row, c0);
            c1 = AddSquare(a[stride], row, c1);
            c2 = AddSquare(a[2 * stride], row, c2);
            c3 = AddSquare(a[3 * stride], row, c3);
            c4 = AddSquare(lower[0], row, c4);
            c5 = AddSquare(lower[stride], row, c5);
            c6 = AddSquare(lower[2 * stride], row, c6);
            c7 = AddSquare(lower[3 * stride], row, c7);
            a++;
            lower++;
            b += RowStrips.Width;
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> AddSquare(float element, Vector256<float> row, Vector256<float> sum)
    {
        Vector256<float> difference = Vector256.Create(element) - row;
        return Vector256.FusedMultiplyAdd(difference, difference, sum);
    }
}
