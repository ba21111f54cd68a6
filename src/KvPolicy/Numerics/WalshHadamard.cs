using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CurKv.KvPolicy.Numerics;

/// <summary>The fast Walsh-Hadamard transform.</summary>
internal static class WalshHadamard
{
    /// <summary>Multiplies a run with the matrix of ones and minus ones, and with a scale, in place.</summary>
    /// <param name="run">As many elements as the matrix has rows, a power of 2.</param>
    /// <param name="scale">What every element is multiplied with.</param>
    [MethodImpl(Hot.Loop)]
    public static void Transform(Span<float> run, float scale)
    {
        if (run.Length < Vector256<float>.Count)
        {
            ScalarWalshHadamard.Transform(run, scale);
            return;
        }

        for (int i = 0; i < run.Length; i += Vector256<float>.Count)
        {
            TransformLanes(Vector256.Create<float>(run[i..]) * scale).CopyTo(run[i..]);
        }

        for (int distance = Vector256<float>.Count; distance < run.Length; distance *= 2)
        {
            for (int start = 0; start < run.Length; start += 2 * distance)
            {
                Butterflies(run.Slice(start, distance), run.Slice(start + distance, distance));
            }
        }
    }

    /// <summary>Sums and differences of elements that are whole vectors apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Butterflies(Span<float> low, Span<float> high)
    {
        for (int i = 0; i < low.Length; i += Vector256<float>.Count)
        {
            Vector256<float> x = Vector256.Create<float>(low[i..]);
            Vector256<float> y = Vector256.Create<float>(high[i..]);
            (x + y).CopyTo(low[i..]);
            (x - y).CopyTo(high[i..]);
        }
    }

    /// <summary>Sums and differences of lanes 1, 2 and 4 apart: each lane plus or minus itself, plus its partner.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> TransformLanes(Vector256<float> lanes)
    {
        lanes = (lanes * Vector256.Create(1f, -1, 1, -1, 1, -1, 1, -1)) + Vector256.Shuffle(lanes, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6));
        lanes = (lanes * Vector256.Create(1f, 1, -1, -1, 1, 1, -1, -1)) + Vector256.Shuffle(lanes, Vector256.Create(2, 3, 0, 1, 6, 7, 4, 5));
        return (lanes * Vector256.Create(1f, 1, 1, 1, -1, -1, -1, -1)) + Vector256.Shuffle(lanes, Vector256.Create(4, 5, 6, 7, 0, 1, 2, 3));
    }
}
