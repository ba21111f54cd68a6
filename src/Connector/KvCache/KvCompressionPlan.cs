using CurKv.KvPolicy;

namespace CurKv.Connector.KvCache;

/// <summary>How a sequence is to be compressed.</summary>
/// <param name="Selector">Scores the tokens and selects.</param>
/// <param name="Budget">How many cells stay.</param>
/// <param name="Protection">Which tokens stay in any case; at least the most recent one.</param>
/// <param name="MinTokens">Sequences with fewer tokens are left alone.</param>
/// <param name="MeasureLoss">Whether the report says what was lost.</param>
internal sealed record KvCompressionPlan(KvSelector Selector, KvBudget Budget, KvProtection Protection, int MinTokens, bool MeasureLoss = false)
{
    /// <summary>How many of the prompt's last queries have to be observed.</summary>
    public int QueryWindow => MeasureLoss ? Math.Max(Selector.Policy.QueryWindow, KvCompressionDefaults.LossWindow) : Selector.Policy.QueryWindow;

    /// <summary>Whether a sequence of so many cells is long enough and over the budget.</summary>
    public bool Applies(int cells) => cells >= MinTokens && (Budget.IsByMass || Budget.Cells(cells) < cells);

    /// <summary>
    /// What is protected among <paramref name="tokens"/> tokens: the sinks leave room for the recent tokens, since the newest one has
    /// to stay in every head, and a range is protected as a whole or not at all, within half of the budget. A system prompt that
    /// holds a document is longer: to protect its beginning would leave nothing to choose.
    /// </summary>
    public KvProtection ProtectionWithin(int tokens)
    {
        int cells = Budget.IsByMass ? tokens : Budget.Cells(tokens);
        int sinks = Math.Min(Protection.Sinks, cells - Math.Min(Protection.Recent, cells));
        int room = Math.Min(cells / 2, cells - sinks - Math.Min(Protection.Recent, cells));
        int covered = sinks;
        List<TokenRange> ranges = [];
        foreach (TokenRange range in Protection.Ranges)
        {
            // A protected system prompt covers its own scaffolding.
            int start = Math.Max(range.Start, covered);
            int length = range.End - start;
            if (length > 0 && length <= room)
            {
                ranges.Add(new TokenRange(start, range.End));
                room -= length;
                covered = range.End;
            }
        }

        return Protection with { Sinks = sinks, Ranges = ranges };
    }
}
