using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Reads rows of quantised blocks.</summary>
internal readonly unsafe struct QuantisedRow<TBlock> : IRowFormat
    where TBlock : IQuantisedBlock
{
    private const int BlockLength = 32;
    private const int ScaleBytes = sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Widen(byte* row, float* target, int length)
    {
        for (float* end = target + length; target < end; target += BlockLength, row += TBlock.Bytes)
        {
            Vector512<float> scale = Vector512.Create((float)*(Half*)row);
            (Vector256<short> lower, Vector256<short> upper) = Vector256.Widen(TBlock.Load(row + ScaleBytes));
            (Vector512.ConvertToSingle(Widen(lower)) * scale).Store(target);
            (Vector512.ConvertToSingle(Widen(upper)) * scale).Store(target + Vector512<float>.Count);
        }
    }

    private static Vector512<int> Widen(Vector256<short> integers) => Vector512.WidenLower(integers.ToVector512Unsafe());
}
