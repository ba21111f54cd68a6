namespace CurKv.KvPolicy;

/// <summary>How many cells a sequence keeps: a share of its tokens, or a fixed number.</summary>
public readonly record struct KvBudget
{
    // floor(n·(1−ratio)) in floating point would lose a cell to rounding: 10·(1−0.9) is 0.9999….
    private const double RoundingGuard = 1e-9;

    private readonly double _ratio;
    private readonly int _cells;

    private KvBudget(double ratio, int cells)
    {
        _ratio = ratio;
        _cells = cells;
    }

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

    /// <summary>The number of cells kept of <paramref name="tokens"/> cached tokens: at least 1, at most all.</summary>
    /// <param name="tokens">The number of cached tokens, at least 1.</param>
    public int Cells(int tokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        int cells = _cells > 0 ? _cells : (int)((tokens * (1 - _ratio)) + RoundingGuard);
        return Math.Clamp(cells, 1, tokens);
    }
}
