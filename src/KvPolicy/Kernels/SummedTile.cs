using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Adds a tile to sums in double precision.</summary>
/// <param name="sums">The tile's first sum.</param>
/// <param name="stride">Sums from one row to the next.</param>
internal readonly unsafe struct SummedTile(double* sums, nint stride) : ITileResult
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(int row, Vector512<float> values)
    {
        double* target = sums + (row * stride);
        (Vector512<double> lower, Vector512<double> upper) = Vector512.Widen(values);
        (Vector512.Load(target) + lower).Store(target);
        (Vector512.Load(target + Vector512<double>.Count) + upper).Store(target + Vector512<double>.Count);
    }
}
