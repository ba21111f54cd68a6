using System.Diagnostics.CodeAnalysis;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Protection;

namespace CurKv.Connector.KvCache;

/// <summary>How much of the KV cache is evicted after prefill, and by which scores.</summary>
public sealed class KvCompressionOptions
{
    /// <summary>The <see cref="Policy"/> that keeps the whole cache.</summary>
    public const string NoPolicy = "none";

    /// <summary>
    /// The <see cref="Policy"/> that selects the policy that measured best: one that uses the prompt's last queries if the prompt contains
    /// the question and its queries can be observed, otherwise a query-free one, as for documents.
    /// </summary>
    public const string AutoPolicy = "auto";

    /// <summary>The default of <see cref="Ratio"/>.</summary>
    public const double DefaultRatio = 0.5;

    /// <summary>The default of <see cref="Sinks"/>, in tokens.</summary>
    public const int DefaultSinks = KvProtection.DefaultSinks;

    /// <summary>The default of <see cref="MinTokens"/>.</summary>
    public const int DefaultMinTokens = 512;

    /// <summary>The default of <see cref="DecodingInterval"/>, in cells.</summary>
    public const int DefaultDecodingInterval = 256;

    /// <summary>
    /// The policy that scores the cached tokens: <see cref="AutoPolicy"/>, <see cref="NoPolicy"/>, or a name that
    /// <see cref="KvPolicyCatalog"/> parses, such as <c>curdkv</c> or <c>chunk(snapkv*value)</c>.
    /// </summary>
    /// <value><see cref="AutoPolicy"/> by default.</value>
    public string Policy { get; set; } = AutoPolicy;

    /// <summary>A policy object, which overrides <see cref="Policy"/>.</summary>
    /// <value>Null by default.</value>
    public IKvPolicy? CustomPolicy { get; set; }

    /// <summary>The fraction of tokens that is evicted, at least 0 and below 1: 0.9 keeps a tenth. Ignored if <see cref="Cells"/> or <see cref="Mass"/> is set.</summary>
    /// <value><see cref="DefaultRatio"/> by default.</value>
    public double Ratio { get; set; } = DefaultRatio;

    /// <summary>The number of cells to keep, independent of the prompt's length; at most <see cref="Chat.LlamaChatClientOptions.ContextSize"/>.</summary>
    /// <value>Null by default: <see cref="Ratio"/> applies.</value>
    public int? Cells { get; set; }

    /// <summary>
    /// The fraction of the score mass that is kept, above 0 and at most 1: the number of cells then depends on the prompt
    /// (<see cref="KvBudget.ByMass"/>). Ignored if <see cref="Cells"/> is set.
    /// </summary>
    /// <value>Null by default: <see cref="Ratio"/> applies.</value>
    [Experimental(ExperimentalIds.MassBudgets)]
    public double? Mass { get; set; }

    /// <summary>The number of first tokens that every head keeps (attention sinks, arXiv 2309.17453).</summary>
    /// <value><see cref="DefaultSinks"/> by default.</value>
    public int Sinks { get; set; } = DefaultSinks;

    /// <summary>The number of last tokens that every head keeps, at least 1, because the next token's position follows the last one's.</summary>
    /// <value>Null by default: 16 if the prompt contains the question, 4 for documents.</value>
    public int? Recent { get; set; }

    /// <summary>Prompts with fewer tokens are not compressed: there is little to gain and much to lose. Prompts longer than the cache are always compressed.</summary>
    /// <value><see cref="DefaultMinTokens"/> by default.</value>
    public int MinTokens { get; set; } = DefaultMinTokens;

    /// <summary>
    /// Frees memory after the prefill of a document (<see cref="Chat.LlamaChatClient.ReadDocumentAsync"/>): the client's context is recreated
    /// with the document's cells and this headroom for a question and its answer. A request that needs more cells recreates the context
    /// with <see cref="Chat.LlamaChatClientOptions.ContextSize"/>, which takes time.
    /// </summary>
    /// <value>Null by default: the context keeps its size. 1024 is a good start.</value>
    public int? ShrunkContextHeadroom { get; set; }

    /// <summary>
    /// By how many cells a conversation may exceed its budget while an answer is decoded, before it is compressed again. Not while a schema
    /// or a tool call is enforced, not for policies with a reconstruction pass, and not for a document's answers unless the call has
    /// compression settings. Budget and interval together must fit into the context; otherwise the answer ends when the context is full.
    /// </summary>
    /// <value><see cref="DefaultDecodingInterval"/> by default; null never compresses while decoding.</value>
    public int? DecodingInterval { get; set; } = DefaultDecodingInterval;

    /// <summary>
    /// Whether every head keeps the system prompt and the tools' descriptions, each if it fits into half of the cells. A system prompt that
    /// contains a document is scored like any other text.
    /// </summary>
    /// <value>True by default.</value>
    public bool ProtectSystemPrompt { get; set; } = true;

    /// <summary>
    /// Whether every head keeps the template tokens, which the chat template adds around messages, as far as they and the system prompt fit
    /// into half of the cells.
    /// </summary>
    /// <value>True by default.</value>
    public bool ProtectTemplateTokens { get; set; } = true;

    /// <summary>
    /// Whether <see cref="KvCompressionReport.Loss"/> is measured, on the prompt's last queries. This reads the cache once more, and costs
    /// more than most policies. It is not measured if queries cannot be observed, as on a GPU with a query-free policy.
    /// </summary>
    /// <value>False by default.</value>
    public bool MeasureLoss { get; set; }

    internal bool KeepsAll => CustomPolicy is null && string.Equals(Policy, NoPolicy, StringComparison.OrdinalIgnoreCase);

    internal bool IsAuto => CustomPolicy is null && string.Equals(Policy, AutoPolicy, StringComparison.OrdinalIgnoreCase);

    internal KvCompressionOptions Clone() => (KvCompressionOptions)MemberwiseClone();
}
