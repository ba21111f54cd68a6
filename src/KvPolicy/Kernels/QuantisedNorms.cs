using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Squared norms over quantised blocks: per block the square of the scale times the sum of the integers' squares.</summary>
internal static unsafe class QuantisedNorms<TBlock>
    where TBlock : IQuantisedBlock
{
    private const int BlockLength = 32;

    // Blocks that are taken at once, over the borders of heads: their scales are widened together.
    private const int Group = 8;

    public static void Compute(in KvTensor tensor, Span<float> squares)
    {
        int headBlocks = tensor.HeadDimension / BlockLength;
        if (headBlocks is 2 or 4 && tensor.Heads * headBlocks % Group == 0)
        {
            ByGroup(tensor, headBlocks, squares);
        }
        else
        {
            ByHead(tensor, headBlocks, squares);
        }
    }

    /// <summary>Head dimensions of 64 and 128: a group is four or two heads, whose sums need not leave the registers.</summary>
    [MethodImpl(Hot.Loop)]
    private static void ByGroup(in KvTensor tensor, int headBlocks, Span<float> squares)
    {
        int tokens = tensor.Tokens;
        int step = Group / headBlocks * tokens;
        for (int token = 0; token < tokens; token++)
        {
            byte* blocks = tensor.Data + (token * tensor.RowBytes);
            for (int i = token; i < squares.Length; i += step, blocks += Group * TBlock.Bytes)
            {
                Vector256<float> sums = SumGroup(blocks);
                sums += Vector256.Shuffle(sums, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6));
                if (headBlocks == 2)
                {
                    squares[i] = sums[0];
                    squares[i + tokens] = sums[2];
                    squares[i + (2 * tokens)] = sums[4];
                    squares[i + (3 * tokens)] = sums[6];
                }
                else
                {
                    sums += Vector256.Shuffle(sums, Vector256.Create(2, 3, 0, 1, 6, 7, 4, 5));
                    squares[i] = sums[0];
                    squares[i + tokens] = sums[4];
                }
            }
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void ByHead(in KvTensor tensor, int headBlocks, Span<float> squares)
    {
        int blocks = headBlocks * tensor.Heads;
        float[] buffer = ArrayPool<float>.Shared.Rent(blocks + Group);
        fixed (float* sums = buffer)
        {
            for (int token = 0; token < tensor.Tokens; token++)
            {
                SumBlocks(tensor.Data + (token * tensor.RowBytes), blocks, sums);
                float* block = sums;
                for (int i = token; i < squares.Length; i += tensor.Tokens, block += headBlocks)
                {
                    squares[i] = Sum(block, headBlocks);
                }
            }
        }

        ArrayPool<float>.Shared.Return(buffer);
    }

    [MethodImpl(Hot.Loop)]
    private static void SumBlocks(byte* row, int blocks, float* sums)
    {
        for (; blocks >= Group; blocks -= Group, row += Group * TBlock.Bytes, sums += Group)
        {
            SumGroup(row).Store(sums);
        }

        if (blocks > 0)
        {
            SumRest(row, blocks).Store(sums);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(float* blocks, int count)
    {
        float sum = blocks[0];
        for (int i = 1; i < count; i++)
        {
            sum += blocks[i];
        }

        return sum;
    }

    /// <summary>Less than a group, where reading a whole one would leave the tensor.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector256<float> SumRest(byte* row, int blocks)
    {
        byte* padded = stackalloc byte[Group * TBlock.Bytes];
        new Span<byte>(padded, Group * TBlock.Bytes).Clear();
        new Span<byte>(row, blocks * TBlock.Bytes).CopyTo(new Span<byte>(padded, Group * TBlock.Bytes));
        return SumGroup(padded);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> SumGroup(byte* blocks)
    {
        Vector256<float> scales = F16Element.Widen(Sse41.IsSupported ? ScalesBySse41(blocks) : PortableScales(blocks));
        return scales * scales * Vector256.ConvertToSingle(TBlock.SquareSums(blocks));
    }

    /// <summary>The scales of eight blocks: each block is loaded so that its scale meets its place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> ScalesBySse41(byte* blocks)
    {
        int step = TBlock.Bytes - sizeof(short);
        Vector128<short> scales = Vector128.Load((short*)blocks);
        scales = Sse41.Blend(scales, Vector128.Load((short*)(blocks + step)), 1 << 1);
        scales = Sse41.Blend(scales, Vector128.Load((short*)(blocks + (2 * step))), 1 << 2);
        scales = Sse41.Blend(scales, Vector128.Load((short*)(blocks + (3 * step))), 1 << 3);
        scales = Sse41.Blend(scales, Vector128.Load((short*)(blocks + (4 * step))), 1 << 4);
        scales = Sse41.Blend(scales, Vector128.Load((short*)(blocks + (5 * step))), 1 << 5);
        scales = Sse41.Blend(scales, Vector128.Load((short*)(blocks + (6 * step))), 1 << 6);
        return Sse41.Blend(scales, Vector128.Load((short*)(blocks + (7 * step))), 1 << 7);
    }

    private static Vector128<short> PortableScales(byte* blocks)
    {
        Vector128<short> scales = default;
        for (int i = 0; i < Group; i++)
        {
            scales = scales.WithElement(i, *(short*)(blocks + (i * TBlock.Bytes)));
        }

        return scales;
    }
}
