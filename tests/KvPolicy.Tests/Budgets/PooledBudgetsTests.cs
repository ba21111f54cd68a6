using CurKv.KvPolicy.Budgets;

namespace CurKv.KvPolicy.Tests.Budgets;

public class PooledBudgetsTests
{
    // Every head's best first.
    private static readonly float[] Ranked = [9, 8, 7, 6, 5, 4, 3, 2];

    [Fact]
    public void Constructor_NoCells_GivesNone() => Assert.Equal([0, 0], Grown(0, safeguard: 0));

    [Fact]
    public void Grow_NoSafeguard_BestPairsTakeAll()
    {
        Assert.Equal([2, 0], Grown(1, safeguard: 0));
        Assert.Equal([4, 0], Grown(2, safeguard: 0));

        // The first head has no tokens left.
        Assert.Equal([4, 2], Grown(3, safeguard: 0));
        Assert.Equal([4, 4], Grown(4, safeguard: 0));
    }

    [Fact]
    public void Grow_Safeguard_EveryHeadIsSureOfItsPart()
    {
        Assert.Equal([2, 0], Grown(1, safeguard: 0.5));
        Assert.Equal([3, 1], Grown(2, safeguard: 0.5));
        Assert.Equal([2, 2], Grown(2, safeguard: 1));
    }

    [Fact]
    public void Grow_TokensThatAreEvictedFirst_ComeBeforeNone()
    {
        float[] ranked = [1, float.NegativeInfinity, float.NaN, float.NaN, 2, 1, 1, 1];

        Assert.Equal([1, 3], Grown(2, safeguard: 0, ranked));
        Assert.Equal([2, 4], Grown(3, safeguard: 0, ranked));
        Assert.Equal([4, 4], Grown(4, safeguard: 0, ranked));
    }

    private static int[] Grown(int cells, double safeguard, float[]? ranked = null)
    {
        var pool = new PooledBudgets(ranked ?? Ranked, heads: 2, tokens: 4, safeguard);
        while (pool.Cells < cells)
        {
            pool.Grow();
        }

        return [.. pool.Budgets];
    }
}
