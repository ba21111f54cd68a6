using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Kernels;

/// <summary><see cref="KvElementType.BF16"/>.</summary>
internal readonly unsafe struct BF16Element : IElement
{
    public static KvElementType Type => KvElementType.BF16;

    public static int Bytes => 2;

    public static bool Interleaved => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> First, Vector512<float> Second) Load(byte* elements)
    {
        Vector512<uint> pairs = Vector512.Load((uint*)elements);
        return ((pairs << 16).AsSingle(), (pairs & Vector512.Create(0xFFFF_0000u)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Widen(byte* elements) =>
        (Vector512.WidenLower(Vector256.Load((ushort*)elements).ToVector512Unsafe()) << 16).AsSingle();
}
