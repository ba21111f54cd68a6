using System.Buffers;
using System.Runtime.CompilerServices;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>
/// Rows packed eight by eight and transposed, so that <see cref="Tile"/> multiplies with eight of them at once:
/// <c>[heads][strips][dimension][8]</c>, padded with rows of zeros to whole strips.
/// </summary>
/// <remarks>Packed, because rows that lie a power of 2 apart share a few lines of the first-level cache and evict each other.</remarks>
internal sealed class RowStrips : IDisposable
{
    /// <summary>The number of rows in one strip.</summary>
    public const int Width = Tile.Size;

    public RowStrips(int heads, int rows, int dimension)
    {
        Dimension = dimension;
        Strips = (rows + Width - 1) / Width;
        int length = checked(heads * Strips * dimension * Width);
        Values = ArrayPool<float>.Shared.Rent(length);
        Values.AsSpan(0, length).Clear();
    }

    /// <summary>The number of elements in a row.</summary>
    public int Dimension { get; }

    /// <summary>The number of strips of one head.</summary>
    public int Strips { get; }

    public float[] Values { get; }

    /// <summary>Where a strip starts in <see cref="Values"/>.</summary>
    public int Offset(int head, int strip) => ((head * Strips) + strip) * Dimension * Width;

    [MethodImpl(Hot.Loop)]
    public void Write(int head, int row, ReadOnlySpan<float> values)
    {
        int target = Offset(head, row / Width) + (row % Width);
        foreach (float value in values)
        {
            Values[target] = value;
            target += Width;
        }
    }

    public void Dispose() => ArrayPool<float>.Shared.Return(Values);
}
