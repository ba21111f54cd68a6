using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Kernels;

/// <summary><see cref="KvElementType.Q4_0"/>: the low halves of 16 bytes, then the high ones, all biased by 8.</summary>
internal readonly unsafe struct Q4_0Block : IQuantisedBlock
{
    private const int ScaleBytes = sizeof(ushort);

    public static KvElementType Type => KvElementType.Q4_0;

    public static int Bytes => 18;

    // (i − 8)² for every half of a byte.
    private static Vector128<byte> SquareTable => Vector128.Create((byte)64, 49, 36, 25, 16, 9, 4, 1, 0, 1, 4, 9, 16, 25, 36, 49);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Load(byte* integers)
    {
        Vector128<byte> pairs = Vector128.Load(integers);
        Vector256<byte> biased = Vector256.Create(pairs & Vector128.Create((byte)0x0F), pairs >>> 4);
        return biased.AsSByte() - Vector256.Create((sbyte)8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> SquareSums(byte* blocks) => Avx2.IsSupported ? SquareSumsByAvx2(blocks) : PortableSquareSums(blocks);

    /// <summary><see cref="SquareSums"/> on any machine.</summary>
    public static Vector256<int> PortableSquareSums(byte* blocks)
    {
        Vector256<int> sums = default;
        for (int i = 0; i < Vector256<int>.Count; i++)
        {
            sums = sums.WithElement(i, PortableSquareSum(blocks + (i * Bytes)));
        }

        return sums;
    }

    private static int PortableSquareSum(byte* block)
    {
        Vector128<byte> pairs = Vector128.Load(block + ScaleBytes);
        Vector128<byte> squares = Vector128.Shuffle(SquareTable, pairs & Vector128.Create((byte)0x0F)) + Vector128.Shuffle(SquareTable, pairs >>> 4);
        (Vector128<ushort> lower, Vector128<ushort> upper) = Vector128.Widen(squares);
        return Vector128.Sum(lower + upper);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> SquareSumsByAvx2(byte* blocks)
    {
        // The even elements are the sums, two of each block.
        Vector256<float> first = Avx.Shuffle(Squares(blocks), Squares(blocks + Bytes), 0b10_00_10_00);
        Vector256<float> second = Avx.Shuffle(Squares(blocks + (2 * Bytes)), Squares(blocks + (3 * Bytes)), 0b10_00_10_00);
        return Avx2.HorizontalAdd(first.AsInt32(), second.AsInt32());
    }

    /// <summary>A block in the lower half, and the fourth after it in the upper one: horizontal sums then come out in order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Squares(byte* block)
    {
        byte* pairs = block + ScaleBytes;
        Vector256<byte> both = Vector256.Create(Vector128.Load(pairs), Vector128.Load(pairs + (4 * Bytes)));
        Vector256<byte> table = Vector256.Create(SquareTable, SquareTable);
        Vector256<byte> mask = Vector256.Create((byte)0x0F);
        Vector256<byte> squares = Avx2.Shuffle(table, both & mask) + Avx2.Shuffle(table, (both.AsUInt16() >>> 4).AsByte() & mask);
        return Avx2.SumAbsoluteDifferences(squares, Vector256<byte>.Zero).AsSingle();
    }
}
