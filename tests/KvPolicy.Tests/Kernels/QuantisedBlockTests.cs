using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Kernels;

namespace CurKv.KvPolicy.Tests.Kernels;

public unsafe class QuantisedBlockTests
{
    private const int Blocks = 8;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void SquareSums_RandomIntegers_AreExactOnEveryPath(int seed)
    {
        AssertExact<Q8_0Block>(Q8_0Block.PortableSquareSums, data => new Random(seed).NextBytes(data));
        AssertExact<Q4_0Block>(Q4_0Block.PortableSquareSums, data => new Random(seed).NextBytes(data));
    }

    [Theory]
    [InlineData(0x00)]
    [InlineData(0x7F)]
    [InlineData(0x80)]
    [InlineData(0xFF)]
    public void SquareSums_ExtremeIntegers_DoNotOverflow(byte value)
    {
        AssertExact<Q8_0Block>(Q8_0Block.PortableSquareSums, data => data.Fill(value));
        AssertExact<Q4_0Block>(Q4_0Block.PortableSquareSums, data => data.Fill(value));
    }

    private static void AssertExact<TBlock>(PortableSums portable, Filling fill)
        where TBlock : IQuantisedBlock
    {
        byte* blocks = stackalloc byte[Blocks * TBlock.Bytes];
        fill(new Span<byte>(blocks, Blocks * TBlock.Bytes));
        int[] expected = new int[Blocks];
        for (int block = 0; block < Blocks; block++)
        {
            *(Half*)(blocks + (block * TBlock.Bytes)) = Half.One;
            for (int i = 0; i < 32; i++)
            {
                int integer = (int)ScalarElements.Read(TBlock.Type, blocks, (32 * block) + i);
                expected[block] += integer * integer;
            }
        }

        Assert.Equal(expected, ToArray(TBlock.SquareSums(blocks)));
        Assert.Equal(expected, ToArray(portable(blocks)));
    }

    private static int[] ToArray(Vector256<int> vector)
    {
        int[] values = new int[Vector256<int>.Count];
        vector.CopyTo(values);
        return values;
    }

    private delegate void Filling(Span<byte> data);

    private delegate Vector256<int> PortableSums(byte* blocks);
}
