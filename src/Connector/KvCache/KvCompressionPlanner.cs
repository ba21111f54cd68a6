using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache;

/// <summary>Makes plans of options. Thread-safe.</summary>
/// <param name="policies">The policies by name.</param>
/// <param name="observesQueries">Whether the prompt's queries can be observed.</param>
/// <param name="prefersNorms">Whether <c>auto</c> goes without queries even so, since policies without them cost far less here.</param>
internal sealed class KvCompressionPlanner(KvPolicyCatalog policies, bool observesQueries, bool prefersNorms = false)
{
    /// <summary>The plan that valid options ask for; null where they keep the whole cache.</summary>
    /// <param name="options">The options.</param>
    /// <param name="instructions">The tokens of the system prompt and of the tools; empty ranges for none.</param>
    /// <param name="scaffolding">The template's tokens.</param>
    /// <param name="questionKnown">Whether the prompt holds what is to be answered, or only what questions will be about.</param>
    public KvCompressionPlan? Plan(KvCompressionOptions options, IReadOnlyList<TokenRange> instructions, IReadOnlyList<TokenRange> scaffolding, bool questionKnown)
    {
        if (options.KeepsAll)
        {
            return null;
        }

        KvBudget budget = options switch
        {
            { Cells: int cells } => KvBudget.FromCells(cells),
            { Mass: double mass } => KvBudget.ByMass(mass),
            _ => KvBudget.FromRatio(options.Ratio),
        };
        int recent = options.Recent ?? (questionKnown ? KvCompressionDefaults.QuestionAwareRecent : KvCompressionDefaults.QueryFreeRecent);
        var plan = new KvCompressionPlan(
            new KvSelector(Policy(options, questionKnown)),
            budget,
            new KvProtection(options.Sinks, recent) { Ranges = Ranges(options, instructions, scaffolding) },
            options.MinTokens,
            options.MeasureLoss && observesQueries)
        {
            ReadingSelector = new KvSelector(Policy(options, questionKnown: false)),
            ShrinkContext = options.ShrinkContext,
        };

        // An answer is not repeated while it is decoded.
        return plan with { DecodingInterval = plan.NeedsRepetition ? null : options.DecodingInterval };
    }

    private IKvPolicy Policy(KvCompressionOptions options, bool questionKnown) =>
        options.CustomPolicy ?? policies.Create(
            !options.IsAuto ? options.Policy
            : questionKnown && observesQueries && !prefersNorms ? KvCompressionDefaults.QuestionAwarePolicy
            : KvCompressionDefaults.QueryFreePolicy);

    private static TokenRange[] Ranges(KvCompressionOptions options, IReadOnlyList<TokenRange> instructions, IReadOnlyList<TokenRange> scaffolding) =>
    [
        .. options.ProtectSystemPrompt ? instructions.Where(range => range.Length > 0) : [],
        .. options.ProtectScaffolding ? scaffolding : [],
    ];
}
