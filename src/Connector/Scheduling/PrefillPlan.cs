using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.State;

namespace CurKv.Connector.Scheduling;

/// <summary>
/// The steps of a prefill: one if the prompt fits, otherwise as many as necessary. Each step fills the cache, which is then compressed to
/// make room for the next step.
/// </summary>
/// <param name="Capacity">The cache's cells.</param>
/// <param name="CellsBetween">The number of cells that are kept between two steps.</param>
/// <param name="LastStep">The minimum number of tokens in the last step, so that the compression after it sees the whole question.</param>
/// <param name="Window">The minimum number of tokens in every step, if there is room: those whose queries are observed.</param>
internal readonly record struct PrefillPlan(int Capacity, int CellsBetween, int LastStep, int Window)
{
    /// <summary>Plans the prefill of tokens after a sequence.</summary>
    /// <param name="sequence">The sequence so far.</param>
    /// <param name="tokens">The number of tokens to prefill.</param>
    /// <param name="plan">How they are compressed; null to keep all.</param>
    /// <param name="capacity">The cache's cells.</param>
    /// <param name="batchSize">Tokens in one native call.</param>
    /// <exception cref="PromptTooLongException">Not even the cells that the plan keeps fit.</exception>
    public static PrefillPlan For(KvSequence sequence, int tokens, KvCompressionPlan? plan, int capacity, int batchSize)
    {
        if (sequence.Cells + tokens <= capacity)
        {
            return new PrefillPlan(capacity, capacity, tokens, tokens);
        }

        int window = plan?.PrefillSelector.Policy.QueryWindow ?? 0;
        int kept = plan is null ? int.MaxValue : plan.Budget.IsByMass ? 1 : plan.Budget.Cells(sequence.Tokens + tokens);
        if (kept > capacity || (window > 0 && sequence.Cells == capacity))
        {
            throw plan is null
                ? PromptTooLongException.Whole(sequence.Cells + tokens, capacity)
                : PromptTooLongException.Compressed(sequence.Cells + tokens, capacity, $"compression would keep {kept}");
        }

        // Cells are kept as long as possible, but a step must be long enough to be worth its compression.
        int step = Math.Min(batchSize, Math.Max(1, capacity / 4));
        int between = Math.Clamp(Math.Max(kept, capacity / 2), 1, Math.Max(1, capacity - step));
        return new PrefillPlan(capacity, between, Math.Min(capacity - between, Math.Max(step, plan!.QueryWindow)), window);
    }

    /// <summary>The number of tokens in the next step.</summary>
    /// <param name="cells">The number of cells in use.</param>
    /// <param name="remaining">The number of tokens that remain.</param>
    public int Next(int cells, int remaining)
    {
        int room = Capacity - cells;
        return remaining <= room ? remaining : Math.Clamp(remaining - LastStep, Math.Min(Window, room), room);
    }
}
