using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Protection;

/// <summary>
/// Tokens that every head keeps whatever their scores, in this order until the budget is full: the attention sinks, the
/// protected ranges, the most recent tokens. Of a cache that was compressed before, a head can keep what it still has.
/// </summary>
/// <param name="Sinks">How many first cached tokens (arXiv 2309.17453); 4 by default.</param>
/// <param name="Recent">How many last cached tokens; at least the last one is kept in a cache that goes on being used. 16 by default.</param>
public sealed record KvProtection(int Sinks = KvProtection.DefaultSinks, int Recent = KvProtection.DefaultRecent)
{
    /// <summary>How many first tokens are protected where nothing else is asked for.</summary>
    public const int DefaultSinks = 4;

    /// <summary>How many last tokens are protected where nothing else is asked for.</summary>
    public const int DefaultRecent = 16;

    /// <summary>Protects nothing.</summary>
    public static KvProtection None { get; } = new(0, 0);

    /// <summary>Ranges of positions, such as the system prompt, the tool list and template tokens.</summary>
    /// <value>Empty by default. Ascending, without overlap.</value>
    public IReadOnlyList<TokenRange> Ranges { get; init; } = [];
}
