using System.Buffers;
using System.Runtime.CompilerServices;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Policies.Combined;

/// <summary>Each token ranked by the better of its two ranks in the head: <c>a|b</c>.</summary>
/// <remarks>
/// The score is the negative rank, from −1 for the best; equal scores rank by the lower index. Positive infinity under either policy
/// keeps its token, which then takes one of the first ranks under both. NaN or negative infinity under either evicts the token first,
/// even if the other policy does not read what is not finite.
/// </remarks>
/// <param name="first">The first policy.</param>
/// <param name="second">The second policy.</param>
public sealed class PolicyUnion(IKvPolicy first, IKvPolicy second) : PolicyPair(first, '|', second)
{
    [MethodImpl(Hot.Loop)]
    private protected override void Join(Span<float> scores, Span<float> others)
    {
        Agree(scores, others);
        int[] buffer = ArrayPool<int>.Shared.Rent(2 * scores.Length);
        Span<int> order = buffer.AsSpan(0, scores.Length);
        Span<int> ranks = buffer.AsSpan(scores.Length, scores.Length);
        RankOrder.Compute(scores, order);
        for (int i = 0; i < order.Length; i++)
        {
            ranks[order[i]] = i + 1;
        }

        RankOrder.Compute(others, order);
        for (int i = 0; i < order.Length; i++)
        {
            int token = order[i];
            scores[token] = float.IsFinite(scores[token]) ? -Math.Min(ranks[token], i + 1) : scores[token];
        }

        ArrayPool<int>.Shared.Return(buffer);
    }

    /// <summary>Gives tokens that one policy keeps or evicts in any case the same rank under both.</summary>
    [MethodImpl(Hot.Loop)]
    private static void Agree(Span<float> scores, Span<float> others)
    {
        for (int token = 0; token < scores.Length; token++)
        {
            // Of a keeping and an evicting infinity, eviction wins.
            if (!float.IsFinite(scores[token]) || !float.IsFinite(others[token]))
            {
                bool kept = scores[token] > float.NegativeInfinity && others[token] > float.NegativeInfinity;
                scores[token] = others[token] = kept ? float.PositiveInfinity : float.NegativeInfinity;
            }
        }
    }
}
