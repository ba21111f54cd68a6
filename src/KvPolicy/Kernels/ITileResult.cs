using System.Runtime.Intrinsics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>What becomes of a wide tile's product (<see cref="Tile.MultiplyWide"/>).</summary>
internal interface ITileResult
{
    /// <summary>Takes one row of the product.</summary>
    /// <param name="row">The row, from 0 to <see cref="Tile.Size"/>.</param>
    /// <param name="values">Its <see cref="Tile.Width"/> numbers.</param>
    void Take(int row, Vector512<float> values);
}
