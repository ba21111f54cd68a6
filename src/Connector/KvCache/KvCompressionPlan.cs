using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache;

/// <summary>How a sequence is compressed.</summary>
/// <param name="Selector">Scores the tokens and selects those to keep.</param>
/// <param name="Budget">How many cells are kept, given the number of tokens that were prefilled.</param>
/// <param name="Protection">The tokens that are always kept; at least the most recent one.</param>
/// <param name="MinTokens">Sequences with fewer cells are not compressed.</param>
/// <param name="MeasureLoss">Whether the report includes the loss.</param>
internal sealed record KvCompressionPlan(KvSelector Selector, KvBudget Budget, KvProtection Protection, int MinTokens, bool MeasureLoss = false)
{
    /// <summary>Scores and selects during prefill, when the end of the prompt, which holds the question, is not known yet.</summary>
    public KvSelector PrefillSelector { get; init; } = Selector;

    /// <summary>By how many cells a sequence may exceed its budget while an answer is decoded; null for no limit except the context size.</summary>
    public int? DecodingInterval { get; init; }

    /// <summary>The cells for a question and its answer in the context that is shrunk after a document was prefilled; null to keep the context as it is.</summary>
    public int? ShrunkContextHeadroom { get; init; }

    /// <summary>Whether the keys or values themselves are read, not only their norms.</summary>
    public bool ReadsRows => MeasureLoss || (Selector.Policy.Inputs & (KvPolicyInputs.Keys | KvPolicyInputs.Values | KvPolicyInputs.PlainElements)) != 0;

    /// <summary>The number of last queries that must be observed before the compression.</summary>
    public int QueryWindow => MeasureLoss ? Math.Max(Selector.Policy.QueryWindow, KvCompressionDefaults.LossWindow) : Selector.Policy.QueryWindow;

    /// <summary>Whether the policy needs a reconstruction pass before the compression.</summary>
    public bool NeedsReconstruction => Selector.Policy.Inputs.HasFlag(KvPolicyInputs.ReconstructionAttention);

    /// <summary>The budget of a sequence of <paramref name="tokens"/> prefilled tokens: a number of cells, unless it is a budget by mass.</summary>
    public KvBudget BudgetOf(int tokens) => Budget.IsByMass ? Budget : KvBudget.FromCells(Budget.Cells(tokens));

    /// <summary>Whether a sequence is long enough and over the budget.</summary>
    /// <param name="tokens">The number of tokens that were prefilled or decoded.</param>
    /// <param name="cells">The number of cells that remain of them.</param>
    public bool Applies(int tokens, int cells) => cells >= Math.Max(MinTokens, 1) && (Budget.IsByMass || Budget.Cells(tokens) < cells);

    /// <summary>The plan for compressions during the prefill of a prompt that is longer than the cache.</summary>
    /// <param name="cells">How many cells are kept.</param>
    public KvCompressionPlan DuringPrefill(int cells) =>
        this with { Selector = PrefillSelector, Budget = KvBudget.FromCells(cells), MinTokens = 0, MeasureLoss = false };

    /// <summary>
    /// The protection within a budget. Sinks are reduced to leave room for the recent tokens, since every head must keep the newest token.
    /// A range is protected as a whole or not at all, within half of the budget: a system prompt that contains a document is too long, and
    /// protecting its beginning would leave no cells to select.
    /// </summary>
    /// <param name="budget">The result of <see cref="BudgetOf"/>.</param>
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
            // A protected system prompt includes its template tokens.
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

    /// <summary>How many of a sequence's first tokens are protected without a gap: the sinks, and the system prompt if it is short enough.</summary>
    /// <param name="tokens">The number of tokens in the sequence, none of which is evicted yet.</param>
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
