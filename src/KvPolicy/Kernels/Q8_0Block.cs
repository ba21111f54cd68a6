using System.Runtime.Intrinsics;

namespace CurKv.KvPolicy.Kernels;

/// <summary><see cref="KvElementType.Q8_0"/>.</summary>
internal readonly unsafe struct Q8_0Block : IQuantisedBlock
{
    public static int Bytes => 34;

    public static Vector256<sbyte> Load(byte* integers) => Vector256.Load((sbyte*)integers);
}
