using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.State;

namespace CurKv.Connector.Scheduling;

/// <summary>
/// In how many rounds a prompt is read: one where it fits, and else as many as it takes, each of which fills the cache and is then cut
/// down to make room for the next.
/// </summary>
/// <param name="Capacity">The cache's cells.</param>
/// <param name="CellsBetween">The cells that stay between two rounds.</param>
/// <param name="LastRound">The tokens that the last round has at least: it holds the question, which is to meet the compression that follows it.</param>
/// <param name="Window">The tokens that every round has at least, if there is room: those whose queries are looked at.</param>
internal readonly record struct ReadingSchedule(int Capacity, int CellsBetween, int LastRound, int Window)
{
    /// <summary>Plans the reading of tokens behind a sequence.</summary>
    /// <param name="sequence">What is read already.</param>
    /// <param name="tokens">The number of tokens to read.</param>
    /// <param name="plan">How they are compressed; null where all are kept.</param>
    /// <param name="capacity">The cache's cells.</param>
    /// <param name="batchSize">Tokens in one native call.</param>
    /// <exception cref="PromptTooLongException">Not even the cells that the plan keeps fit.</exception>
    public static ReadingSchedule For(KvSequence sequence, int tokens, KvCompressionPlan? plan, int capacity, int batchSize)
    {
        if (sequence.Cells + tokens <= capacity)
        {
            return new ReadingSchedule(capacity, capacity, tokens, tokens);
        }

        int window = plan?.ReadingSelector.Policy.QueryWindow ?? 0;
        int kept = plan is null ? int.MaxValue : plan.Budget.IsByMass ? 1 : plan.Budget.Cells(sequence.Tokens + tokens);
        if (kept > capacity || (window > 0 && sequence.Cells == capacity))
        {
            throw plan is null
                ? PromptTooLongException.Whole(sequence.Cells + tokens, capacity)
                : PromptTooLongException.Compressed(sequence.Cells + tokens, capacity, $"compression would keep {kept}");
        }

        // As much as possible stays as long as possible, but a round has to be worth its compression.
        int step = Math.Min(batchSize, Math.Max(1, capacity / 4));
        int between = Math.Clamp(Math.Max(kept, capacity / 2), 1, Math.Max(1, capacity - step));
        return new ReadingSchedule(capacity, between, Math.Min(capacity - between, Math.Max(step, plan!.QueryWindow)), window);
    }

    /// <summary>The tokens of the next round.</summary>
    /// <param name="cells">The cells in use.</param>
    /// <param name="remaining">The tokens that are not read yet.</param>
    public int Next(int cells, int remaining)
    {
        int room = Capacity - cells;
        return remaining <= room ? remaining : Math.Clamp(remaining - LastRound, Math.Min(Window, room), room);
    }
}
