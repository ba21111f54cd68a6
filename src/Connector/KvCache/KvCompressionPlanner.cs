using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache;

/// <summary>Compression settings with their policies made, from which each prompt's plan follows. Immutable.</summary>
internal sealed class KvCompressionPlanner
{
    private readonly KvCompressionOptions _options;
    private readonly bool _observesQueries;
    private readonly IKvPolicy? _withQuestion;
    private readonly IKvPolicy? _withoutQuestion;

    /// <summary>Creates the policies.</summary>
    /// <param name="options">Valid settings; later changes to them have no effect.</param>
    /// <param name="policies">The policies by name.</param>
    /// <param name="observesQueries">Whether the prompt's queries can be observed.</param>
    /// <param name="prefersNorms">Whether <c>auto</c> goes without queries even so, since policies without them cost far less here.</param>
    /// <exception cref="KvPolicyNameException">The policy's name is none.</exception>
    public KvCompressionPlanner(KvCompressionOptions options, KvPolicyCatalog policies, bool observesQueries, bool prefersNorms = false)
    {
        _options = options.Clone();
        _observesQueries = observesQueries;
        if (!options.KeepsAll)
        {
            _withoutQuestion = options.CustomPolicy ?? policies.Create(options.IsAuto ? KvCompressionDefaults.QueryFreePolicy : options.Policy ?? string.Empty);
            _withQuestion = options.IsAuto && observesQueries && !prefersNorms ? policies.Create(KvCompressionDefaults.QuestionAwarePolicy) : _withoutQuestion;
        }
    }

    /// <summary>Creates a prompt's plan; null if the settings keep the whole cache.</summary>
    /// <param name="instructions">The tokens of the system prompt and of the tools; empty ranges for none.</param>
    /// <param name="templateTokens">The template's tokens.</param>
    /// <param name="questionKnown">Whether the prompt contains the question, rather than only a document that questions will follow.</param>
    public KvCompressionPlan? Plan(IReadOnlyList<TokenRange> instructions, IReadOnlyList<TokenRange> templateTokens, bool questionKnown)
    {
        if (_withoutQuestion is null || _withQuestion is null)
        {
            return null;
        }

        KvBudget budget = _options switch
        {
            { Cells: int cells } => KvBudget.FromCells(cells),
            { Mass: double mass } => KvBudget.ByMass(mass),
            _ => KvBudget.FromRatio(_options.Ratio),
        };
        int recent = _options.Recent ?? (questionKnown ? KvCompressionDefaults.QuestionAwareRecent : KvCompressionDefaults.QueryFreeRecent);
        var plan = new KvCompressionPlan(
            new KvSelector(questionKnown ? _withQuestion : _withoutQuestion),
            budget,
            new KvProtection(_options.Sinks, recent) { Ranges = Ranges(instructions, templateTokens) },
            _options.MinTokens,
            _options.MeasureLoss && _observesQueries)
        {
            PrefillSelector = new KvSelector(_withoutQuestion),
            ShrunkContextHeadroom = _options.ShrunkContextHeadroom,
        };

        // There is no reconstruction pass while an answer is decoded.
        return plan with { DecodingInterval = plan.NeedsReconstruction ? null : _options.DecodingInterval };
    }

    private TokenRange[] Ranges(IReadOnlyList<TokenRange> instructions, IReadOnlyList<TokenRange> templateTokens) =>
    [
        .. _options.ProtectSystemPrompt ? instructions.Where(range => range.Length > 0) : [],
        .. _options.ProtectTemplateTokens ? templateTokens : [],
    ];
}
