using System.Buffers;
using System.Runtime.CompilerServices;
using CurKv.KvPolicy.Numerics;
using CurKv.KvPolicy.Protection;

namespace CurKv.KvPolicy.Budgets;

/// <summary>One layer's tokens, every head's best first, and the mass that they add up to.</summary>
/// <remarks>
/// A head's mass is the sum of its finite positive scores. Protected tokens and those scored positive infinity come first, whatever
/// their mass. Used by one thread at a time; the buffers go back to the pool when it is disposed of.
/// </remarks>
internal sealed class RankedMass : IDisposable
{
    private readonly int _tokens;
    private readonly double[] _sums;
    private readonly int[] _first;

    /// <summary>Ranks a layer.</summary>
    /// <param name="scores">The scores, <c>[heads][tokens]</c>.</param>
    /// <param name="heads">The number of heads.</param>
    /// <param name="segments">Every head's tokens cut by protection.</param>
    /// <param name="layer">The layer, from 0.</param>
    public RankedMass(ReadOnlySpan<float> scores, int heads, HeadSegments segments, int layer)
    {
        _tokens = scores.Length / heads;
        Shares = ArrayPool<float>.Shared.Rent(scores.Length);
        _sums = ArrayPool<double>.Shared.Rent(scores.Length);
        _first = new int[heads];
        int[] order = ArrayPool<int>.Shared.Rent(_tokens);
        float[] ranks = ArrayPool<float>.Shared.Rent(_tokens);
        for (int head = 0; head < heads; head++)
        {
            Rank(head, scores.Slice(head * _tokens, _tokens), segments[layer, head], ranks.AsSpan(0, _tokens), order.AsSpan(0, _tokens));
        }

        ArrayPool<float>.Shared.Return(ranks);
        ArrayPool<int>.Shared.Return(order);
    }

    /// <summary>Whether a finite score is negative, so that there is no mass to speak of.</summary>
    public bool HasNegative { get; private set; }

    /// <summary>
    /// Each token's share of its head's mass, <c>[heads][tokens]</c>, every head's best first; positive infinity where a token comes
    /// first in any case. The array may be longer.
    /// </summary>
    public float[] Shares { get; }

    /// <summary>How many of a head's tokens come first in any case.</summary>
    public int First(int head) => _first[head];

    /// <summary>
    /// The share of its mass that a head retains in its best tokens, and in all that come first; all of it where it has no mass.
    /// </summary>
    public double Retained(int head, int cells)
    {
        double whole = _sums[(head * _tokens) + _tokens - 1];
        if (whole == 0)
        {
            return 1;
        }

        int kept = Math.Max(cells, _first[head]);
        return kept == 0 ? 0 : _sums[(head * _tokens) + kept - 1] / whole;
    }

    public void Dispose()
    {
        ArrayPool<float>.Shared.Return(Shares);
        ArrayPool<double>.Shared.Return(_sums);
    }

    [MethodImpl(Hot.Loop)]
    private void Rank(int head, ReadOnlySpan<float> scores, ReadOnlySpan<TokenSegment> segments, Span<float> ranks, Span<int> order)
    {
        scores.CopyTo(ranks);
        foreach (TokenSegment segment in segments)
        {
            if (segment.Protected)
            {
                ranks[segment.Start..segment.End].Fill(float.PositiveInfinity);
            }
        }

        RankOrder.Compute(ranks, order);
        Span<double> sums = _sums.AsSpan(head * _tokens, _tokens);
        double sum = 0;
        for (int i = 0; i < order.Length; i++)
        {
            float score = scores[order[i]];
            HasNegative |= float.IsFinite(score) && score < 0;
            sum += float.IsFinite(score) ? score : 0;
            sums[i] = sum;
            _first[head] += float.IsPositiveInfinity(ranks[order[i]]) ? 1 : 0;
        }

        float whole = sum > 0 ? (float)sum : 1;
        Span<float> shares = Shares.AsSpan(head * _tokens, _tokens);
        for (int i = 0; i < order.Length; i++)
        {
            shares[i] = ranks[order[i]] / whole;
        }
    }
}
