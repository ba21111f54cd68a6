using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Numerics;

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

    private static void ComputeHead(RowBlock block, int head, Projection projection, Span<float> squares)
    {
        float* sums = stackalloc float[Tile.Size * Tile.Width];
        float* products = stackalloc float[Tile.Size * Tile.Size];
        fixed (float* rows = &block.Values[block.Offset(head, 0)])
        fixed (float* matrix = &projection.Values[projection.Offset(head)])
        {
            for (int row = 0; row < squares.Length; row += Tile.Size)
            {
                float* left = rows + (row * block.Stride);
                int column = 0;
                new Span<float>(sums, Tile.Size * Tile.Width).Clear();
                for (; Tile.IsWide && column <= projection.Stride - Tile.Width; column += Tile.Width)
                {
                    Tile.MultiplyWide(left, block.Stride, 1, matrix + column, projection.Stride, Steps(projection, column + Tile.Width), new SquaredRows(sums));
                }

                for (; column < projection.Stride; column += Tile.Size)
                {
                    Tile.Multiply(left, block.Stride, 1, matrix + column, projection.Stride, Steps(projection, column + Tile.Size), products);
                    AddSquares(products, sums);
                }

                AddLanes(sums, squares[row..Math.Min(row + Tile.Size, squares.Length)]);
            }
        }
    }

    /// <summary>The rows of a projection that are not all zeros before a column.</summary>
    private static int Steps(Projection projection, int column) => projection.UpperTriangular ? Math.Min(column, projection.Rows) : projection.Rows;

    [MethodImpl(Hot.Loop)]
    private static void AddSquares(float* products, float* sums)
    {
        for (int row = 0; row < Tile.Size; row++, products += Tile.Size, sums += Tile.Width)
        {
            Vector256<float> product = Vector256.Load(products);
            Vector256.FusedMultiplyAdd(product, product, Vector256.Load(sums)).Store(sums);
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void AddLanes(float* sums, Span<float> squares)
    {
        foreach (ref float square in squares)
        {
            square = Vector512.Sum(Vector512.Load(sums));
            sums += Tile.Width;
        }
    }
}
