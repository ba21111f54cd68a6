using CurKv.Connector.Chat;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies;

namespace CurKv.Connector.KvCache;

/// <summary>How much of the KV cache is given up once a prompt is read, and by which scores.</summary>
public sealed class KvCompressionOptions
{
    /// <summary>The <see cref="Policy"/> that keeps the whole cache.</summary>
    public const string NoPolicy = "none";

    /// <summary>
    /// The <see cref="Policy"/> that takes what measured best: one that looks at the prompt's last queries where the prompt holds the
    /// question and its queries can be observed, else one that needs no question, as for documents.
    /// </summary>
    public const string AutoPolicy = "auto";

    /// <summary>The default of <see cref="Ratio"/>.</summary>
    public const double DefaultRatio = 0.5;

    /// <summary>The default of <see cref="Sinks"/>, in tokens.</summary>
    public const int DefaultSinks = 4;

    /// <summary>The default of <see cref="MinTokens"/>.</summary>
    public const int DefaultMinTokens = 512;

    /// <summary>The default of <see cref="DecodingInterval"/>, in cells.</summary>
    public const int DefaultDecodingInterval = 256;

    /// <summary>
    /// What scores the cached tokens: <see cref="AutoPolicy"/>, <see cref="NoPolicy"/>, or a policy's name as
    /// <see cref="KvPolicyCatalog"/> reads it, such as <c>curdkv</c> or <c>chunk(snapkv*value)</c>.
    /// </summary>
    /// <value><see cref="AutoPolicy"/> by default.</value>
    public string Policy { get; set; } = AutoPolicy;

    /// <summary>A policy made in code, which goes before <see cref="Policy"/>.</summary>
    /// <value>Null by default.</value>
    public IKvPolicy? CustomPolicy { get; set; }

    /// <summary>The share of the tokens read that is evicted, at least 0 and below 1: 0.9 keeps a tenth. Not used where <see cref="Cells"/> or <see cref="Mass"/> is set.</summary>
    /// <value><see cref="DefaultRatio"/> by default.</value>
    public double Ratio { get; set; } = DefaultRatio;

    /// <summary>The number of cells to keep, whatever the prompt's length; at most <see cref="LlamaChatClientOptions.ContextSize"/>.</summary>
    /// <value>Null by default: <see cref="Ratio"/> decides.</value>
    public int? Cells { get; set; }

    /// <summary>
    /// The share of the scores that has to stay, above 0 and at most 1: the number of cells then follows the prompt
    /// (<see cref="KvBudget.ByMass"/>). Not used where <see cref="Cells"/> is set.
    /// </summary>
    /// <value>Null by default: <see cref="Ratio"/> decides.</value>
    public double? Mass { get; set; }

    /// <summary>How many first tokens every head keeps (attention sinks, arXiv 2309.17453).</summary>
    /// <value><see cref="DefaultSinks"/> by default.</value>
    public int Sinks { get; set; } = DefaultSinks;

    /// <summary>How many last tokens every head keeps, at least 1: the next token's position follows the last one's.</summary>
    /// <value>Null by default: 16 where the prompt holds the question, 4 for documents.</value>
    public int? Recent { get; set; }

    /// <summary>Prompts with fewer tokens are left alone: there is little to win, and much to lose. Those longer than the cache are cut in any case.</summary>
    /// <value><see cref="DefaultMinTokens"/> by default.</value>
    public int MinTokens { get; set; } = DefaultMinTokens;

    /// <summary>
    /// Gives memory back once a document is read (<see cref="LlamaChatClient.ReadDocumentAsync"/>): the client's context is made anew,
    /// with the document's cells and this many for a question and its answer. A request that needs more gets a context of
    /// <see cref="LlamaChatClientOptions.ContextSize"/> again, which takes the time of making one.
    /// </summary>
    /// <value>Null by default: the context stays as it is. 1024 is a good start.</value>
    public int? ShrinkContext { get; set; }

    /// <summary>
    /// By how many cells a conversation may outgrow its budget while an answer is decoded; then it is compressed again. What keeps to
    /// a schema, and calls of tools, are left alone, and so are answers by policies with a second pass, and from a
    /// document unless the call brings settings. Budget and interval have to fit into the context together; else the answer ends with it.
    /// </summary>
    /// <value><see cref="DefaultDecodingInterval"/> by default; null never compresses while decoding.</value>
    public int? DecodingInterval { get; set; } = DefaultDecodingInterval;

    /// <summary>
    /// Whether every head keeps the system prompt, and what the template tells of tools, each provided that it fits into half of the cells: one that holds a document is scored
    /// like any other text.
    /// </summary>
    /// <value>True by default.</value>
    public bool ProtectSystemPrompt { get; set; } = true;

    /// <summary>
    /// Whether every head keeps what the chat template puts around messages, as far as that and the system prompt fit into half of the
    /// cells.
    /// </summary>
    /// <value>True by default.</value>
    public bool ProtectScaffolding { get; set; } = true;

    /// <summary>
    /// Whether <see cref="KvCompressionReport.Loss"/> is measured, on the prompt's last queries. It reads the cache once more, and
    /// costs more than most policies. Where queries cannot be observed, as on a GPU with a policy that needs none, it is not measured.
    /// </summary>
    /// <value>False by default.</value>
    public bool MeasureLoss { get; set; }

    internal bool KeepsAll => CustomPolicy is null && string.Equals(Policy, NoPolicy, StringComparison.OrdinalIgnoreCase);

    internal bool IsAuto => CustomPolicy is null && string.Equals(Policy, AutoPolicy, StringComparison.OrdinalIgnoreCase);

    internal KvCompressionOptions Clone() => (KvCompressionOptions)MemberwiseClone();
}
