using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>
/// What rows are multiplied with: a matrix <c>[head dimension][columns]</c> for all heads or one for each, padded with zeros
/// to whole tiles.
/// </summary>
internal sealed class Projection
{
    private readonly int _matrices;

    /// <summary>Creates matrices of zeros.</summary>
    /// <param name="rows">The head dimension.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="matrices">1, or the number of heads.</param>
    /// <param name="upperTriangular">Promises that what lies below the diagonal stays zero: half of the work is then left out.</param>
    public Projection(int rows, int columns, int matrices = 1, bool upperTriangular = false)
    {
        _matrices = matrices;
        Rows = rows;
        Columns = columns;
        UpperTriangular = upperTriangular;
        Stride = Tile.RoundUp(columns);
        Values = new float[matrices * rows * Stride];
    }

    public int Rows { get; }

    public int Columns { get; }

    public bool UpperTriangular { get; }

    /// <summary>Elements from one row to the next.</summary>
    public int Stride { get; }

    public float[] Values { get; }

    /// <summary>Where a head's matrix starts in <see cref="Values"/>.</summary>
    public int Offset(int head) => head % _matrices * Rows * Stride;

    public Span<float> Row(int head, int row) => Values.AsSpan(Offset(head) + (row * Stride), Columns);

    /// <summary>
    /// Entries from N(0, 1/columns), so that squared norms keep their expectation. Rows are drawn in order: two head
    /// dimensions share the rows that both have.
    /// </summary>
    public static Projection Gaussian(int rows, int columns, ulong seed)
    {
        var projection = new Projection(rows, columns);
        double scale = Math.Sqrt(1.0 / columns);
        ulong draw = SplitMix64.Hash(seed);
        for (int row = 0; row < rows; row++)
        {
            foreach (ref float value in projection.Row(0, row))
            {
                value = (float)(scale * SplitMix64.Normal(draw));
                draw += 2;
            }
        }

        return projection;
    }
}
