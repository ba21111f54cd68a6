using CurKv.KvPolicy;

namespace CurKv.Connector.KvCache;

/// <summary>How a sequence is to be compressed.</summary>
/// <param name="Selector">Scores the tokens and selects.</param>
/// <param name="Budget">How many cells stay.</param>
/// <param name="Protection">Which tokens stay in any case; at least the most recent one.</param>
/// <param name="MinTokens">Sequences with fewer tokens are left alone.</param>
internal sealed record KvCompressionPlan(KvSelector Selector, KvBudget Budget, KvProtection Protection, int MinTokens)
{
    /// <summary>The plan that options ask for; null where they keep the whole cache.</summary>
    /// <param name="options">Valid options.</param>
    /// <param name="systemPrompt">The tokens of the system prompt, from the first one on.</param>
    public static KvCompressionPlan? From(KvCompressionOptions options, TokenRange systemPrompt)
    {
        if (options.KeepsAll)
        {
            return null;
        }

        KvBudget budget = options.Cells is int cells ? KvBudget.FromCells(cells) : KvBudget.FromRatio(options.Ratio);
        IReadOnlyList<TokenRange> ranges = options.ProtectSystemPrompt && systemPrompt.Length > 0 ? [systemPrompt] : [];
        return new KvCompressionPlan(
            new KvSelector(KvPolicyCatalog.Default.Create(options.Policy)), budget, new KvProtection(options.Sinks, options.Recent) { Ranges = ranges }, options.MinTokens);
    }

    /// <summary>Whether a sequence of so many cells is long enough and over the budget.</summary>
    public bool Applies(int cells) => cells >= MinTokens && Budget.Cells(cells) < cells;

    /// <summary>
    /// What is protected among <paramref name="cells"/> cells: the sinks and ranges leave room for the recent tokens, since the
    /// newest one has to stay in every head, and a system prompt that fills the budget would push the question out.
    /// </summary>
    public KvProtection ProtectionWithin(int cells)
    {
        int room = cells - Math.Min(Protection.Recent, cells);
        int sinks = Math.Min(Protection.Sinks, room);
        room -= sinks;
        List<TokenRange> ranges = [];
        foreach (TokenRange range in Protection.Ranges)
        {
            int start = Math.Max(range.Start, sinks);
            int end = Math.Min(range.End, start + room);
            if (start < end)
            {
                ranges.Add(new TokenRange(start, end));
                room -= end - start;
            }
        }

        return Protection with { Sinks = sinks, Ranges = ranges };
    }
}
