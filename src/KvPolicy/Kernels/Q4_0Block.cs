using System.Runtime.Intrinsics;

namespace CurKv.KvPolicy.Kernels;

/// <summary><see cref="KvElementType.Q4_0"/>: the low halves of 16 bytes, then the high ones, all biased by 8.</summary>
internal readonly unsafe struct Q4_0Block : IQuantisedBlock
{
    public static int Bytes => 18;

    public static Vector256<sbyte> Load(byte* integers)
    {
        Vector128<byte> pairs = Vector128.Load(integers);
        Vector256<byte> biased = Vector256.Create(pairs & Vector128.Create((byte)0x0F), pairs >>> 4);
        return biased.AsSByte() - Vector256.Create((sbyte)8);
    }
}
