using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Reads rows of quantised blocks.</summary>
internal static unsafe class QuantisedRow<TBlock>
    where TBlock : IQuantisedBlock
{
    private const int BlockLength = 32;
    private const int ScaleBytes = sizeof(ushort);

    /// <summary>The squared norm of a row: per block the square of the scale times the sum of the integers' squares.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SquaredNorm(byte* row, int length)
    {
        Vector256<float> sum = Vector256<float>.Zero;
        for (int i = 0; i < length; i += BlockLength, row += TBlock.Bytes)
        {
            (Vector256<short> lower, Vector256<short> upper) = Vector256.Widen(TBlock.Load(row + ScaleBytes));

            // (−128)² + (−128)² is the one sum that overflows a short, and it fits an unsigned one.
            Vector256<ushort> pairs = (lower * lower).AsUInt16() + (upper * upper).AsUInt16();
            (Vector256<uint> first, Vector256<uint> second) = Vector256.Widen(pairs);
            float scale = Scale(row);
            sum = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle((first + second).AsInt32()), Vector256.Create(scale * scale), sum);
        }

        return Vector256.Sum(sum);
    }

    /// <summary>Widens a row to floats.</summary>
    [MethodImpl(Hot.Loop)]
    public static void Widen(byte* row, Span<float> target)
    {
        for (; target.Length > 0; target = target[BlockLength..], row += TBlock.Bytes)
        {
            Vector256<float> scale = Vector256.Create(Scale(row));
            (Vector256<short> lower, Vector256<short> upper) = Vector256.Widen(TBlock.Load(row + ScaleBytes));
            Widen(lower, scale, target);
            Widen(upper, scale, target[(BlockLength / 2)..]);
        }
    }

    private static void Widen(Vector256<short> integers, Vector256<float> scale, Span<float> target)
    {
        (Vector256<int> lower, Vector256<int> upper) = Vector256.Widen(integers);
        (Vector256.ConvertToSingle(lower) * scale).CopyTo(target);
        (Vector256.ConvertToSingle(upper) * scale).CopyTo(target[Vector256<float>.Count..]);
    }

    private static float Scale(byte* block) => (float)*(Half*)block;
}
