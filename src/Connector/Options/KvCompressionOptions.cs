using CurKv.KvPolicy;

namespace CurKv.Connector;

/// <summary>How much of the KV cache is given up once a prompt is read, and by which scores.</summary>
public sealed class KvCompressionOptions
{
    /// <summary>The <see cref="Policy"/> that keeps the whole cache.</summary>
    public const string NoPolicy = "none";

    /// <summary>
    /// What scores the cached tokens: a name of <see cref="KvPolicyCatalog.Default"/>, which may have arguments and operators
    /// (<c>curdkv(value=0.5)</c>, <c>snapkv+curdkv</c>), or <see cref="NoPolicy"/>.
    /// </summary>
    /// <value><c>curdkv</c> by default.</value>
    public string Policy { get; set; } = "curdkv";

    /// <summary>The share of the cells that is evicted, at least 0 and below 1: 0.9 keeps a tenth. Not used where <see cref="Cells"/> is set.</summary>
    /// <value>0.5 by default.</value>
    public double Ratio { get; set; } = 0.5;

    /// <summary>The number of cells to keep, whatever the prompt's length; at most <see cref="LlamaChatClientOptions.ContextSize"/>.</summary>
    /// <value>Null by default: <see cref="Ratio"/> decides.</value>
    public int? Cells { get; set; }

    /// <summary>How many first tokens every head keeps (attention sinks, arXiv 2309.17453).</summary>
    /// <value>4 by default.</value>
    public int Sinks { get; set; } = 4;

    /// <summary>How many last tokens every head keeps, at least 1: the next token's position follows the last one's.</summary>
    /// <value>16 by default.</value>
    public int Recent { get; set; } = 16;

    /// <summary>Prompts with fewer tokens are left alone: there is little to win, and much to lose.</summary>
    /// <value>512 by default.</value>
    public int MinTokens { get; set; } = 512;

    /// <summary>Whether every head keeps the system prompt.</summary>
    /// <value>True by default.</value>
    public bool ProtectSystemPrompt { get; set; } = true;

    internal bool KeepsAll => string.Equals(Policy, NoPolicy, StringComparison.OrdinalIgnoreCase);
}
