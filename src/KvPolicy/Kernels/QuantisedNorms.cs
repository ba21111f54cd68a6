using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Squared norms over quantised blocks: per block the square of the scale times the sum of the integers' squares.</summary>
internal static unsafe class QuantisedNorms<TBlock>
    where TBlock : IQuantisedBlock
{
    private const int BlockLength = 32;

    // Blocks that are taken at once, over the borders of heads: their scales are widened together.
    private const int Group = 8;

    [MethodImpl(Hot.Loop)]
    public static void Compute(in KvTensor tensor, Span<float> squares)
    {
        int headBlocks = tensor.HeadDimension / BlockLength;
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
        // A head dimension of 128.
        if (count == 4)
        {
            return blocks[0] + blocks[1] + (blocks[2] + blocks[3]);
        }

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
