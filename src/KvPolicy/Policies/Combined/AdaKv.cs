using System.Buffers;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Policies.Combined;

/// <summary>Shares cells among a layer's heads by their scores (AdaKV, arXiv 2407.11550): <c>adaptive(a)</c>.</summary>
/// <remarks>
/// <para>
/// llama.cpp's cache is rectangular: every head of every layer has equally many cells. So under a fixed budget, a ratio or a number
/// of cells, this policy keeps exactly what its inner policy keeps. What it changes is the number of cells that
/// <see cref="KvBudget.ByMass"/> finds: the mass is then counted over a layer's heads together and not in each head by itself. It has
/// to be the selector's own policy for that, not a part of another one.
/// </para>
/// <para>Instances are immutable and safe to use from several threads if the inner policy is.</para>
/// </remarks>
public sealed class AdaKv : IKvPolicy
{
    internal const double DefaultSafeguard = 0.2;

    /// <summary>Creates the policy.</summary>
    /// <param name="inner">What scores the tokens.</param>
    /// <param name="safeguard">The share of an equal budget that every head is sure of, from 0 to 1; 0.2 by default.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="safeguard"/> is not in [0, 1].</exception>
    public AdaKv(IKvPolicy inner, double safeguard = DefaultSafeguard)
    {
        ArgumentNullException.ThrowIfNull(inner);
        if (!(safeguard >= 0 && safeguard <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(safeguard), safeguard, "The safeguard must lie between 0 and 1: 0.2 leaves every head a fifth of an equal share.");
        }

        Inner = inner;
        Safeguard = safeguard;
        Name = KvPolicyText.Call("adaptive", inner.Name, KvPolicyText.Argument("safeguard", safeguard, DefaultSafeguard));
    }

    /// <summary>What scores the tokens.</summary>
    public IKvPolicy Inner { get; }

    /// <summary>The share of an equal budget that every head is sure of.</summary>
    public double Safeguard { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => Inner.Inputs;

    /// <inheritdoc/>
    public int QueryWindow => Inner.QueryWindow;

    /// <inheritdoc/>
    public void Score(in KvLayer layer, Span<float> scores) => Inner.Score(layer, scores);

    /// <summary>Shares one layer's cells among its heads, for a cache whose heads need not keep equally many.</summary>
    /// <param name="scores">The layer's scores, <c>[heads][tokens]</c>. NaN ranks with negative infinity.</param>
    /// <param name="heads">The number of KV heads.</param>
    /// <param name="cells">How many cells a head has on average, at most as many as there are tokens.</param>
    /// <returns>
    /// The cells of each head, <c>heads · cells</c> together: each is sure of ⌊safeguard · cells⌋ for its best tokens, the rest goes to
    /// the layer's best remaining pairs of head and token, ties to the lower head.
    /// </returns>
    /// <exception cref="ArgumentException">The scores are not <paramref name="heads"/> equally long rows.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="cells"/> is negative or above the number of tokens.</exception>
    public int[] Allocate(ReadOnlySpan<float> scores, int heads, int cells)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        if (scores.Length % heads != 0)
        {
            throw new ArgumentException($"{scores.Length} scores are not {heads} heads of equally many tokens.", nameof(scores));
        }

        int tokens = scores.Length / heads;
        ArgumentOutOfRangeException.ThrowIfNegative(cells);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cells, tokens);
        float[] ranked = ArrayPool<float>.Shared.Rent(scores.Length);
        Rank(scores, tokens, ranked);
        var pool = new PooledBudgets(ranked, heads, tokens, Safeguard);
        while (pool.Cells < cells)
        {
            pool.Grow();
        }

        ArrayPool<float>.Shared.Return(ranked);
        return [.. pool.Budgets];
    }

    private static void Rank(ReadOnlySpan<float> scores, int tokens, Span<float> ranked)
    {
        int[] order = ArrayPool<int>.Shared.Rent(tokens);
        for (int start = 0; start < scores.Length; start += tokens)
        {
            RankOrder.Compute(scores.Slice(start, tokens), order.AsSpan(0, tokens));
            for (int i = 0; i < tokens; i++)
            {
                ranked[start + i] = scores[start + order[i]];
            }
        }

        ArrayPool<int>.Shared.Return(order);
    }
}
