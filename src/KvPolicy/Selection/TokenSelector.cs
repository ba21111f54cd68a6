using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Numerics;
using CurKv.KvPolicy.Protection;

namespace CurKv.KvPolicy.Selection;

/// <summary>Picks the tokens that one head keeps.</summary>
/// <remarks>
/// A search over the bits of a float finds the lowest score that is still kept, then one sweep in token order collects what
/// lies above it. So nothing is sorted or allocated, the result is ascending, and ties go to the lower index by themselves.
/// </remarks>
internal static class TokenSelector
{
    /// <summary>Fills <paramref name="kept"/> with the protected tokens and the best of the others.</summary>
    /// <param name="scores">One score per token. NaN and negative infinity rank lowest, positive infinity highest.</param>
    /// <param name="segments">The cache cut by protection, with at most <c>kept.Length</c> protected tokens.</param>
    /// <param name="kept">Receives that many tokens, ascending; at most as many as there are.</param>
    [MethodImpl(Hot.Loop)]
    public static void Select(ReadOnlySpan<float> scores, ReadOnlySpan<TokenSegment> segments, Span<int> kept)
    {
        int needed = kept.Length;
        foreach (TokenSegment segment in segments)
        {
            needed -= segment.Protected ? segment.Length : 0;
        }

        (float threshold, int ties) = FindThreshold(scores, segments, needed);
        int count = 0;
        foreach (TokenSegment segment in segments)
        {
            for (int token = segment.Start; token < segment.End; token++)
            {
                float score = float.IsNaN(scores[token]) ? float.NegativeInfinity : scores[token];
                if (segment.Protected || score > threshold || (score == threshold && --ties >= 0))
                {
                    kept[count++] = token;
                }
            }
        }
    }

    /// <summary>The lowest kept score, and how many of the tokens that have it are kept.</summary>
    private static (float Threshold, int Ties) FindThreshold(ReadOnlySpan<float> scores, ReadOnlySpan<TokenSegment> segments, int needed)
    {
        // Enough scores lie at or above `low`, too few at or above `high`.
        uint low = Rank(float.NegativeInfinity);
        uint high = Rank(float.PositiveInfinity) + 1;
        int above = 0;
        while (high - low > 1)
        {
            uint middle = low + ((high - low) / 2);
            int count = CountAtLeast(scores, segments, Score(middle));
            if (count < needed)
            {
                high = middle;
                above = count;
                continue;
            }

            low = middle;
            if (count == needed)
            {
                break;
            }
        }

        return (Score(low), needed - above);
    }

    private static int CountAtLeast(ReadOnlySpan<float> scores, ReadOnlySpan<TokenSegment> segments, float threshold)
    {
        int count = 0;
        foreach (TokenSegment segment in segments)
        {
            count += segment.Protected ? 0 : CountAtLeast(scores[segment.Start..segment.End], threshold);
        }

        return count;
    }

    [MethodImpl(Hot.Loop)]
    private static int CountAtLeast(ReadOnlySpan<float> scores, float threshold)
    {
        ReadOnlySpan<Vector512<float>> vectors = MemoryMarshal.Cast<float, Vector512<float>>(scores);
        Vector512<int> counts = Vector512<int>.Zero;
        foreach (Vector512<float> vector in vectors)
        {
            // A lane that compares true holds −1.
            counts -= Vector512.GreaterThanOrEqual(vector, Vector512.Create(threshold)).AsInt32();
        }

        int count = Vector512.Sum(counts);
        foreach (float score in scores[(vectors.Length * Vector512<float>.Count)..])
        {
            count += score >= threshold ? 1 : 0;
        }

        return count;
    }

    /// <summary>Maps floats to unsigned numbers of the same order.</summary>
    private static uint Rank(float score)
    {
        uint bits = BitConverter.SingleToUInt32Bits(score);
        return bits ^ ((uint)((int)bits >> 31) | 0x8000_0000);
    }

    /// <summary>Undoes <see cref="Rank"/>.</summary>
    private static float Score(uint rank) => BitConverter.UInt32BitsToSingle((rank & 0x8000_0000) != 0 ? rank ^ 0x8000_0000 : ~rank);
}
