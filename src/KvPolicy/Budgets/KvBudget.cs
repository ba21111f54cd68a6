using System.Diagnostics.CodeAnalysis;

namespace CurKv.KvPolicy.Budgets;

/// <summary>How many cells a sequence keeps: a share of its tokens, a fixed number, or as many as retain a share of the scores.</summary>
public readonly record struct KvBudget
{
    internal const double DefaultQuantile = 0.9;

    private readonly double _ratio;
    private readonly int _cells;

    private KvBudget(double ratio, int cells, double mass = 0, double quantile = 0)
    {
        _ratio = ratio;
        _cells = cells;
        Mass = mass;
        Quantile = quantile;
    }

    /// <summary>Whether the scores decide how many cells are kept.</summary>
    [Experimental(ExperimentalIds.MassBudgets)]
    public bool IsByMass => Mass > 0;

    /// <summary>The share of the scores to retain; 0 unless <see cref="IsByMass"/>.</summary>
    [Experimental(ExperimentalIds.MassBudgets)]
    public double Mass { get; }

    /// <summary>The share of each layer's heads that retain <see cref="Mass"/>; 0 unless <see cref="IsByMass"/>.</summary>
    [Experimental(ExperimentalIds.MassBudgets)]
    public double Quantile { get; }

    /// <summary>Evicts a share of the tokens.</summary>
    /// <param name="evicted">The share to evict, at least 0 and below 1: 0.9 keeps a tenth.</param>
    /// <exception cref="ArgumentOutOfRangeException">The share is not in [0, 1).</exception>
    public static KvBudget FromRatio(double evicted)
    {
        if (!(evicted >= 0 && evicted < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(evicted), evicted, "The evicted share must be at least 0 and below 1: 0.9 keeps a tenth of the cells.");
        }

        return new KvBudget(evicted, 0);
    }

    /// <summary>Keeps a fixed number of cells.</summary>
    /// <param name="cells">How many, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public static KvBudget FromCells(int cells)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cells, 1);
        return new KvBudget(0, cells);
    }

    /// <summary>Keeps the smallest number of cells that retains a share of the scores, prompt by prompt.</summary>
    /// <param name="mass">The share to retain, above 0 and at most 1.</param>
    /// <param name="quantile">The share of each layer's heads that are to retain it, above 0 and at most 1; 0.9 by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">A share is not in (0, 1].</exception>
    /// <remarks>
    /// <para>
    /// A head's mass is the sum of its finite positive scores; its count is the smallest number of its best tokens whose share reaches
    /// <paramref name="mass"/>. With <see cref="Policies.Combined.AdaKv"/> the scores of a layer's heads, each head's divided by their sum, count
    /// together, and a head's count is its part of the pool. Protected tokens and scores of positive infinity are kept first, and
    /// their finite scores count.
    /// </para>
    /// <para>
    /// llama.cpp's cache is rectangular, so there is one number of cells for all: of each layer's counts, in ascending order, the one
    /// at ⌈quantile · heads⌉, and of all layers the largest. It is never below the number of tokens that are kept first. A policy with
    /// negative scores has no mass; <see cref="Selection.KvSelector"/> refuses it.
    /// </para>
    /// </remarks>
    [Experimental(ExperimentalIds.MassBudgets)]
    public static KvBudget ByMass(double mass, double quantile = DefaultQuantile)
    {
        if (!(mass > 0 && mass <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(mass), mass, "The mass to retain must be above 0 and at most 1: 0.3 keeps the best tokens that have 30 % of the scores' sum.");
        }

        if (!(quantile > 0 && quantile <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(quantile), quantile, "The quantile of the heads must be above 0 and at most 1: 0.9 leaves out a tenth of each layer's heads.");
        }

        return new KvBudget(0, 0, mass, quantile);
    }

    /// <summary>The number of cells kept of <paramref name="tokens"/> cached tokens: at least 1, at most all.</summary>
    /// <param name="tokens">The number of cached tokens, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="tokens"/> is below 1.</exception>
    /// <exception cref="InvalidOperationException">
    /// <see cref="IsByMass"/>: only the scores tell. <see cref="Selection.KvSelection.Cells"/> has the number afterwards.
    /// </exception>
    public int Cells(int tokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        if (IsByMass)
        {
            throw new InvalidOperationException(
                "How many cells a budget by mass keeps depends on the scores: select first, and ask the selection.");
        }

        int cells = _cells > 0 ? _cells : Share.Floor(1 - _ratio, tokens);
        return Math.Clamp(cells, 1, tokens);
    }
}
