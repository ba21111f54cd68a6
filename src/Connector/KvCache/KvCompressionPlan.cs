using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache;

/// <summary>How a sequence is to be compressed.</summary>
/// <param name="Selector">Scores the tokens and selects.</param>
/// <param name="Budget">How many cells stay, of all the tokens that were read.</param>
/// <param name="Protection">Which tokens stay in any case; at least the most recent one.</param>
/// <param name="MinTokens">Sequences with fewer cells are left alone.</param>
/// <param name="MeasureLoss">Whether the report says what was lost.</param>
internal sealed record KvCompressionPlan(KvSelector Selector, KvBudget Budget, KvProtection Protection, int MinTokens, bool MeasureLoss = false)
{
    /// <summary>Scores and selects while a prompt is still being read, so that its end, where the question stands, is not known yet.</summary>
    public KvSelector ReadingSelector { get; init; } = Selector;

    /// <summary>By how many cells a sequence may outgrow its budget while an answer is decoded; null for no limit but the cache's end.</summary>
    public int? DecodingInterval { get; init; }

    /// <summary>Room for questions and answers, in cells, in the small context that a document leaves; null to leave the context as it is.</summary>
    public int? ShrinkContext { get; init; }

    /// <summary>Whether keys or values are read, not only their norms.</summary>
    public bool ReadsRows => MeasureLoss || (Selector.Policy.Inputs & (KvPolicyInputs.Keys | KvPolicyInputs.Values | KvPolicyInputs.PlainElements)) != 0;

    /// <summary>How many of the last queries before the compression have to be observed.</summary>
    public int QueryWindow => MeasureLoss ? Math.Max(Selector.Policy.QueryWindow, KvCompressionDefaults.LossWindow) : Selector.Policy.QueryWindow;

    /// <summary>Whether the prompt has to be repeated before it is compressed.</summary>
    public bool NeedsRepetition => Selector.Policy.Inputs.HasFlag(KvPolicyInputs.RepeatAttention);

    /// <summary>The budget of a sequence for which so many tokens were read: a number of cells, unless the scores decide.</summary>
    public KvBudget BudgetOf(int tokens) => Budget.IsByMass ? Budget : KvBudget.FromCells(Budget.Cells(tokens));

    /// <summary>Whether a sequence is long enough and over the budget.</summary>
    /// <param name="tokens">The tokens that were read.</param>
    /// <param name="cells">The cells that are left of them.</param>
    public bool Applies(int tokens, int cells) => cells >= Math.Max(MinTokens, 1) && (Budget.IsByMass || Budget.Cells(tokens) < cells);

    /// <summary>How the cells of a prompt that is longer than the cache are cut while it is being read.</summary>
    /// <param name="cells">How many stay.</param>
    public KvCompressionPlan WhileReading(int cells) =>
        this with { Selector = ReadingSelector, Budget = KvBudget.FromCells(cells), MinTokens = 0, MeasureLoss = false };

    /// <summary>
    /// What is protected: the sinks leave room for the recent tokens, since the newest one has to stay in every head, and a range is
    /// protected as a whole or not at all, within half of the budget. A system prompt that holds a document is longer: to protect its
    /// beginning would leave nothing to choose.
    /// </summary>
    /// <param name="budget">What <see cref="BudgetOf"/> gave.</param>
    /// <param name="cells">The sequence's cells.</param>
    public KvProtection ProtectionWithin(KvBudget budget, int cells)
    {
        int kept = budget.IsByMass ? cells : budget.Cells(cells);
        int sinks = Math.Min(Protection.Sinks, kept - Math.Min(Protection.Recent, kept));
        int room = Math.Min(kept / 2, kept - sinks - Math.Min(Protection.Recent, kept));
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

    /// <summary>How many of a sequence's first tokens are protected without a gap: the sinks, and the system prompt where it is short enough.</summary>
    /// <param name="tokens">The sequence's tokens, all of which have their cells.</param>
    public int ProtectedStart(int tokens)
    {
        KvProtection protection = ProtectionWithin(BudgetOf(tokens), tokens);
        int end = protection.Sinks;
        foreach (TokenRange range in protection.Ranges)
        {
            end = range.Start <= end ? range.End : end;
        }

        return end;
    }
}
