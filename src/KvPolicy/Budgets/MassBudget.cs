using CurKv.KvPolicy.Protection;

namespace CurKv.KvPolicy.Budgets;

/// <summary>Finds how many cells retain a share of the scores.</summary>
/// <param name="budget">A budget by mass.</param>
/// <param name="policy">The name of the policy that the scores are from.</param>
/// <param name="safeguard">
/// The share of its cells that every head is sure of where a layer's heads count together; null where each counts by itself.
/// </param>
internal sealed class MassBudget(KvBudget budget, string policy, double? safeguard)
{
    /// <summary>Counts the cells of every head: as many as the most demanding layer needs.</summary>
    /// <param name="scores">The scores, <c>[layers][heads][tokens]</c>.</param>
    /// <param name="layers">The number of layers.</param>
    /// <param name="heads">The number of heads in each layer.</param>
    /// <param name="segments">Every head's tokens cut by protection.</param>
    /// <param name="options">How many layers are counted at once.</param>
    /// <exception cref="InvalidOperationException">The policy's scores have no mass.</exception>
    public int Cells(ReadOnlyMemory<float> scores, int layers, int heads, HeadSegments segments, ParallelOptions options)
    {
        int length = scores.Length / layers;
        int[] cells = new int[layers];
        Parallel.For(0, layers, options, layer =>
        {
            using var mass = new RankedMass(scores.Span.Slice(layer * length, length), heads, segments, layer);
            cells[layer] = mass.HasNegative ? 0 : CountLayer(mass, heads, length / heads);
        });

        return cells.Contains(0)
            ? throw new InvalidOperationException(
                $"The policy '{policy}' gives negative scores, which have no mass that a budget could retain a share of: set the budget "
                + "as a ratio or a number of cells, or choose a policy whose scores are not negative, such as curdkv or snapkv.")
            : cells.Max();
    }

    private int CountLayer(RankedMass mass, int heads, int tokens)
    {
        int[] counts = new int[heads];
        if (safeguard is double sure)
        {
            CountTogether(mass, sure, tokens, counts);
        }
        else
        {
            CountEach(mass, counts);
        }

        int first = 1;
        for (int head = 0; head < heads; head++)
        {
            first = Math.Max(first, mass.First(head));
        }

        Array.Sort(counts);
        return Math.Max(first, counts[Share.Ceiling(budget.Quantile, heads) - 1]);
    }

    private void CountEach(RankedMass mass, Span<int> counts)
    {
        for (int head = 0; head < counts.Length; head++)
        {
            counts[head] = mass.First(head);
            while (mass.Retained(head, counts[head]) < budget.Mass)
            {
                counts[head]++;
            }
        }
    }

    /// <summary>Grows a pool of all heads' cells until it retains its share of all heads' mass, each head counting as much.</summary>
    private void CountTogether(RankedMass mass, double sure, int tokens, Span<int> counts)
    {
        var pool = new PooledBudgets(mass.Shares, counts.Length, tokens, sure);
        double retained = 0;
        while (pool.Cells < tokens && retained < budget.Mass * counts.Length)
        {
            pool.Grow();
            retained = 0;
            for (int head = 0; head < counts.Length; head++)
            {
                retained += mass.Retained(head, pool.Budgets[head]);
            }
        }

        pool.Budgets.CopyTo(counts);
    }
}
