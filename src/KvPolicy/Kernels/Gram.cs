using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>The Gram matrices <c>XᵀX</c> of every head's rows.</summary>
internal static unsafe class Gram
{
    /// <summary>Sums them up block by block: floats within a block, doubles from block to block.</summary>
    /// <param name="tensor">The keys or the values.</param>
    /// <param name="block">Where rows are widened to.</param>
    /// <param name="matrices">
    /// Receives <c>[heads][stride][stride]</c>, with the block's stride; only the tiles on and above the diagonal. Rows that
    /// are not finite are left out: they would spoil every other row's score.
    /// </param>
    public static void Compute(in KvTensor tensor, RowBlock block, Span<double> matrices)
    {
        int length = block.Stride * block.Stride;
        matrices.Clear();
        for (int token = 0; token < tensor.Tokens; token += RowBlock.Capacity)
        {
            block.Read(tensor, token);
            for (int head = 0; head < tensor.Heads; head++)
            {
                ClearNonFinite(block, head);
                Add(block, head, matrices.Slice(head * length, length));
            }
        }
    }

    private static void ClearNonFinite(RowBlock block, int head)
    {
        // All rows at once first: nearly always none is bad.
        if (float.IsFinite(TensorPrimitives.SumOfSquares<float>(block.Values.AsSpan(block.Offset(head, 0), block.Count * block.Stride))))
        {
            return;
        }

        for (int row = 0; row < block.Count; row++)
        {
            Span<float> values = block.Row(head, row);
            if (!float.IsFinite(TensorPrimitives.SumOfSquares<float>(values)))
            {
                values.Clear();
            }
        }
    }

    private static void Add(RowBlock block, int head, Span<double> matrix)
    {
        float* products = stackalloc float[Tile.Size * Tile.Size];
        int stride = block.Stride;
        fixed (float* rows = &block.Values[block.Offset(head, 0)])
        fixed (double* sums = matrix)
        {
            for (int i = 0; i < stride; i += Tile.Size)
            {
                // Wide tiles from the right, so that what is left over is one tile on the diagonal.
                int end = stride;
                for (; Tile.IsWide && end - i >= Tile.Width; end -= Tile.Width)
                {
                    int j = end - Tile.Width;
                    Tile.MultiplyWide(rows + i, 1, stride, rows + j, stride, block.Count, new SummedTile(sums + (i * stride) + j, stride));
                }

                for (int j = i; j < end; j += Tile.Size)
                {
                    Tile.Multiply(rows + i, 1, stride, rows + j, stride, block.Count, products);
                    AddTile(products, sums + (i * stride) + j, stride);
                }
            }
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void AddTile(float* products, double* sums, int stride)
    {
        for (int row = 0; row < Tile.Size; row++, products += Tile.Size, sums += stride)
        {
            (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(Vector256.Load(products));
            (Vector256.Load(sums) + lower).Store(sums);
            (Vector256.Load(sums + Vector256<double>.Count) + upper).Store(sums + Vector256<double>.Count);
        }
    }
}
