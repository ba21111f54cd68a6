using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>L1 norms <c>‖v·W_O‖₁</c> of what each cached value becomes behind the output weights.</summary>
/// <remarks>
/// As much arithmetic as the output projection of the whole prompt: <c>tokens · embedding · query heads · head dimension</c>
/// multiply-adds. The values are read once and the weights once per block of tokens; a block of 64 tokens does 32 operations
/// for each byte of weights, so that memory keeps up.
/// </remarks>
internal static unsafe class OutputNorms
{
    /// <summary>Computes them.</summary>
    /// <param name="values">The cached values.</param>
    /// <param name="rotation">How the cache rotates values; null where it does not.</param>
    /// <param name="weights"><c>[embedding][query heads · head dimension]</c>, row-major.</param>
    /// <param name="embedding">The number of rows of the weights.</param>
    /// <param name="norms">
    /// Receives <c>[KV heads][tokens]</c>, the mean over the query heads of the group; not finite where a value is not.
    /// </param>
    public static void Compute(
        in KvTensor values, HadamardRotation? rotation, ReadOnlySpan<float> weights, int embedding, Span<float> norms)
    {
        int inputs = weights.Length / embedding;
        int group = inputs / (values.Heads * values.HeadDimension);
        using var block = new RowBlock(values.Heads, values.HeadDimension);
        using var tokens = new RowStrips(values.Heads, RowBlock.Capacity, values.HeadDimension);
        float[] buffer = ArrayPool<float>.Shared.Rent(Tile.Size * values.HeadDimension);
        for (int token = 0; token < values.Tokens; token += RowBlock.Capacity)
        {
            block.Read(values, token);
            Pack(block, rotation, values.Heads, tokens);
            for (int head = 0; head < values.Heads; head++)
            {
                ReadOnlySpan<float> columns = weights[(head * group * values.HeadDimension)..];
                Span<float> target = norms.Slice((head * values.Tokens) + token, block.Count);
                ComputeHead(tokens, head, columns, inputs, embedding, group, buffer, target);
            }
        }

        ArrayPool<float>.Shared.Return(buffer);
    }

    [MethodImpl(Hot.Loop)]
    private static void Pack(RowBlock block, HadamardRotation? rotation, int heads, RowStrips tokens)
    {
        for (int head = 0; head < heads; head++)
        {
            for (int row = 0; row < block.Count; row++)
            {
                Span<float> value = block.Row(head, row);
                rotation?.Apply(value);
                tokens.Write(head, row, value);
            }
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void ComputeHead(
        RowStrips tokens, int head, ReadOnlySpan<float> weights, int inputs, int embedding, int group, float[] buffer, Span<float> norms)
    {
        int dimension = tokens.Dimension;
        float* sums = stackalloc float[RowBlock.Capacity];
        new Span<float>(sums, RowBlock.Capacity).Clear();
        fixed (float* strips = &tokens.Values[tokens.Offset(head, 0)])
        fixed (float* tile = buffer)
        {
            for (int row = 0; row < embedding; row += Tile.Size)
            {
                for (int member = 0; member < group; member++)
                {
                    Gather(weights[(member * dimension)..], inputs, row, embedding, dimension, buffer);
                    for (int token = 0; token < norms.Length; token += RowStrips.Width)
                    {
                        AddAbsolutes(tile, strips + (token * dimension), dimension, sums + token);
                    }
                }
            }
        }

        for (int token = 0; token < norms.Length; token++)
        {
            norms[token] = sums[token] / group;
        }
    }

    /// <summary>Copies eight rows together: in the weights they lie a power of 2 apart and evict each other from the cache.</summary>
    private static void Gather(ReadOnlySpan<float> weights, int inputs, int firstRow, int embedding, int dimension, Span<float> tile)
    {
        for (int i = 0; i < Tile.Size; i++)
        {
            Span<float> target = tile.Slice(i * dimension, dimension);
            if (firstRow + i < embedding)
            {
                weights.Slice((firstRow + i) * inputs, dimension).CopyTo(target);
            }
            else
            {
                target.Clear();
            }
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void AddAbsolutes(float* weights, float* tokens, int dimension, float* sums)
    {
        float* products = stackalloc float[Tile.Size * Tile.Size];
        Tile.Multiply(weights, dimension, 1, tokens, RowStrips.Width, dimension, products);
        Vector256<float> sum = Vector256.Load(sums);
        for (int i = 0; i < Tile.Size; i++)
        {
            sum += Vector256.Abs(Vector256.Load(products + (i * Tile.Size)));
        }

        sum.Store(sums);
    }
}
