using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Adds the squares of a tile's elements to sums <c>[rows][<see cref="Tile.Width"/>]</c>, lane by lane.</summary>
internal readonly unsafe struct SquaredRows(float* sums) : ITileResult
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(int row, Vector512<float> values)
    {
        float* target = sums + (row * Tile.Width);
        Vector512.FusedMultiplyAdd(values, values, Vector512.Load(target)).Store(target);
    }
}
