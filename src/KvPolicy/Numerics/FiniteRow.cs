using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CurKv.KvPolicy.Numerics;

/// <summary>Tells rows that hold NaN or an infinity.</summary>
internal static class FiniteRow
{
    /// <summary>Whether every element is finite.</summary>
    [MethodImpl(Hot.Loop)]
    public static bool Test(ReadOnlySpan<float> row)
    {
        // Zero times a number is zero; times an infinity or NaN it is NaN.
        Vector256<float> zeros = default;
        float zero = 0;
        int i = 0;
        for (; i <= row.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            zeros += Vector256.Create(row[i..]) * 0f;
        }

        for (; i < row.Length; i++)
        {
            zero += row[i] * 0f;
        }

        return !float.IsNaN(Vector256.Sum(zeros) + zero);
    }
}
