using System.Buffers;
using System.Runtime.CompilerServices;

namespace CurKv.KvPolicy.Numerics;

/// <summary>Orders tokens by their scores in linear time: a radix sort over the bits of a float.</summary>
internal static class RankOrder
{
    private const int DigitBits = 11;
    private const int Digits = 1 << DigitBits;

    /// <summary>Finds the order.</summary>
    /// <param name="scores">One score per token. NaN ranks with negative infinity.</param>
    /// <param name="order">Receives the tokens, the highest score first, ties by the lower index.</param>
    public static void Compute(ReadOnlySpan<float> scores, Span<int> order)
    {
        ulong[] buffer = ArrayPool<ulong>.Shared.Rent(2 * scores.Length);
        Span<ulong> first = buffer.AsSpan(0, scores.Length);
        Span<ulong> second = buffer.AsSpan(scores.Length, scores.Length);
        Fill(scores, first);
        Pass(first, second, 0);
        Pass(second, first, DigitBits);
        Pass(first, second, 2 * DigitBits);
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = (int)(uint)second[i];
        }

        ArrayPool<ulong>.Shared.Return(buffer);
    }

    /// <summary>Pairs every token, in the lower half, with a number that rises as its score falls.</summary>
    [MethodImpl(Hot.Loop)]
    private static void Fill(ReadOnlySpan<float> scores, Span<ulong> pairs)
    {
        for (int token = 0; token < scores.Length; token++)
        {
            // Adding zero makes negative zero positive: the two tie.
            float score = float.IsNaN(scores[token]) ? float.NegativeInfinity : scores[token] + 0f;
            uint bits = BitConverter.SingleToUInt32Bits(score);
            uint falling = bits ^ (~(uint)((int)bits >> 31) & 0x7FFF_FFFF);
            pairs[token] = ((ulong)falling << 32) | (uint)token;
        }
    }

    /// <summary>Sorts by one digit and leaves equal ones in their order.</summary>
    [MethodImpl(Hot.Loop)]
    private static void Pass(ReadOnlySpan<ulong> source, Span<ulong> target, int shift)
    {
        Span<int> starts = stackalloc int[Digits];
        starts.Clear();
        foreach (ulong pair in source)
        {
            starts[(int)(pair >> (32 + shift)) & (Digits - 1)]++;
        }

        int start = 0;
        foreach (ref int digit in starts)
        {
            (digit, start) = (start, start + digit);
        }

        foreach (ulong pair in source)
        {
            target[starts[(int)(pair >> (32 + shift)) & (Digits - 1)]++] = pair;
        }
    }
}
