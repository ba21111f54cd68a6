using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Kernels;

/// <summary><see cref="KvElementType.F16"/>.</summary>
/// <remarks>
/// .NET has no vector instruction for half precision. Moving exponent and mantissa to where a float has them leaves the
/// exponent's bias 112 too low, which one exact multiplication mends, denormals included. What it does not mend are infinities
/// and NaN: they load as 65 536 or more, above every finite element, so that a squared norm below <see cref="Doubtful"/>
/// cannot hold one.
/// </remarks>
internal readonly unsafe struct F16Element : IElement
{
    /// <summary>The least squared norm of a row with an infinity or a NaN.</summary>
    public const float Doubtful = NonFinite * NonFinite;

    private const float NonFinite = 65_536;

    // 2¹¹²
    private const float BiasGap = 5.192296858534828e33f;

    public static KvElementType Type => KvElementType.F16;

    public static int Bytes => 2;

    public static bool Interleaved => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> First, Vector512<float> Second) Load(byte* elements)
    {
        Vector512<uint> pairs = Vector512.Load((uint*)elements);
        Vector512<uint> even = (pairs & Vector512.Create(0x0000_7FFFu)) << 13;
        Vector512<uint> odd = (pairs & Vector512.Create(0x7FFF_0000u)) >>> 3;
        return (even.AsSingle() * Vector512.Create(BiasGap), odd.AsSingle() * Vector512.Create(BiasGap));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Widen(byte* elements)
    {
        // Widening copies the sign to where the mask keeps it.
        Vector512<int> bits = Vector512.WidenLower(Vector256.Load((short*)elements).ToVector512Unsafe()) << 13;
        Vector512<float> value = (bits & Vector512.Create(unchecked((int)0x8FFF_E000))).AsSingle() * Vector512.Create(BiasGap);
        Vector512<float> finite = Vector512.LessThan(Vector512.Abs(value), Vector512.Create(NonFinite));
        return Vector512.ConditionalSelect(finite, value, Vector512.Create(float.NaN));
    }

    /// <summary>Widens 8 elements, as <see cref="Widen(byte*)"/> does 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Widen(Vector128<short> elements)
    {
        Vector256<int> bits = Vector256.WidenLower(elements.ToVector256Unsafe()) << 13;
        Vector256<float> value = (bits & Vector256.Create(unchecked((int)0x8FFF_E000))).AsSingle() * Vector256.Create(BiasGap);
        Vector256<float> finite = Vector256.LessThan(Vector256.Abs(value), Vector256.Create(NonFinite));
        return Vector256.ConditionalSelect(finite, value, Vector256.Create(float.NaN));
    }
}
