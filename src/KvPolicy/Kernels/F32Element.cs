using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Kernels;

/// <summary><see cref="KvElementType.F32"/>.</summary>
internal readonly unsafe struct F32Element : IElement
{
    public static KvElementType Type => KvElementType.F32;

    public static int Bytes => 4;

    public static bool Interleaved => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> First, Vector512<float> Second) Load(byte* elements) =>
        (Vector512.Load((float*)elements), Vector512.Load((float*)elements + Vector512<float>.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Widen(byte* elements) => Vector512.Load((float*)elements);
}
