using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Squared norms <c>‖xP‖²</c> of every token of every head after a projection.</summary>
internal static unsafe class ProjectedNorms
{
    /// <summary>Computes them block by block.</summary>
    /// <param name="tensor">The keys or the values.</param>
    /// <param name="projection">What rows are multiplied with.</param>
    /// <param name="block">Where rows are widened to.</param>
    /// <param name="squares">Receives <c>[heads][tokens]</c>; not finite where a row is not.</param>
    public static void Compute(in KvTensor tensor, Projection projection, RowBlock block, Span<float> squares)
    {
        for (int token = 0; token < tensor.Tokens; token += RowBlock.Capacity)
        {
            block.Read(tensor, token);
            for (int head = 0; head < tensor.Heads; head++)
            {
                ComputeHead(block, head, projection, squares.Slice((head * tensor.Tokens) + token, block.Count));
            }
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void ComputeHead(RowBlock block, int head, Projection projection, Span<float> squares)
    {
        float* products = stackalloc float[Tile.Size * Tile.Size];
        squares.Clear();
        fixed (float* rows = &block.Values[block.Offset(head, 0)])
        fixed (float* matrix = &projection.Values[projection.Offset(head)])
        {
            for (int column = 0; column < projection.Columns; column += Tile.Size)
            {
                int steps = projection.UpperTriangular ? Math.Min(column + Tile.Size, projection.Rows) : projection.Rows;
                for (int row = 0; row < squares.Length; row += Tile.Size)
                {
                    Tile.Multiply(rows + (row * block.Stride), block.Stride, 1, matrix + column, projection.Stride, steps, products);
                    AddSquares(products, squares[row..Math.Min(row + Tile.Size, squares.Length)]);
                }
            }
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void AddSquares(float* products, Span<float> squares)
    {
        foreach (ref float square in squares)
        {
            Vector256<float> product = Vector256.Load(products);
            square += Vector256.Dot(product, product);
            products += Tile.Size;
        }
    }
}
