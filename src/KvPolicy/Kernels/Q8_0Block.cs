using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Kernels;

/// <summary><see cref="KvElementType.Q8_0"/>.</summary>
internal readonly unsafe struct Q8_0Block : IQuantisedBlock
{
    private const int ScaleBytes = sizeof(ushort);

    public static KvElementType Type => KvElementType.Q8_0;

    public static int Bytes => 34;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Load(byte* integers) => Vector256.Load((sbyte*)integers);

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
        (Vector256<short> lower, Vector256<short> upper) = Vector256.Widen(Load(block + ScaleBytes));

        // (−128)² + (−128)² is the one sum that overflows a short, and it fits an unsigned one.
        Vector256<ushort> pairs = (lower * lower).AsUInt16() + (upper * upper).AsUInt16();
        (Vector256<uint> first, Vector256<uint> second) = Vector256.Widen(pairs);
        return (int)Vector256.Sum(first + second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> SquareSumsByAvx2(byte* blocks)
    {
        Vector256<int> first = FourSums(blocks);
        Vector256<int> second = FourSums(blocks + (4 * Bytes));
        return Avx2.Permute2x128(first, second, 0x20) + Avx2.Permute2x128(first, second, 0x31);
    }

    /// <summary>Four blocks' sums, in two parts that lie in the vector's halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> FourSums(byte* blocks)
    {
        Vector256<int> first = Avx2.HorizontalAdd(Squares(blocks), Squares(blocks + Bytes));
        Vector256<int> second = Avx2.HorizontalAdd(Squares(blocks + (2 * Bytes)), Squares(blocks + (3 * Bytes)));
        return Avx2.HorizontalAdd(first, second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Squares(byte* block)
    {
        Vector256<short> lower = Avx2.ConvertToVector256Int16((sbyte*)block + ScaleBytes);
        Vector256<short> upper = Avx2.ConvertToVector256Int16((sbyte*)block + ScaleBytes + Vector128<sbyte>.Count);
        return Avx2.MultiplyAddAdjacent(lower, lower) + Avx2.MultiplyAddAdjacent(upper, upper);
    }
}
