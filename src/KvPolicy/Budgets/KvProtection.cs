namespace CurKv.KvPolicy.Budgets;

/// <summary>
/// Tokens that every head keeps whatever their scores, in this order until the budget is full: the attention sinks, the
/// protected ranges, the most recent tokens. Of a cache that was compressed before, a head can keep what it still has.
/// </summary>
/// <param name="Sinks">How many first cached tokens (arXiv 2309.17453).</param>
/// <param name="Recent">How many last cached tokens; at least the last one is kept in a cache that goes on being used.</param>
public sealed record KvProtection(int Sinks = 4, int Recent = 16)
{
    /// <summary>Protects nothing.</summary>
    public static KvProtection None { get; } = new(0, 0);

    /// <summary>Ranges of positions, such as the system prompt, the tool list and the chat template's scaffolding.</summary>
    /// <value>Empty by default. Ascending, without overlap.</value>
    public IReadOnlyList<TokenRange> Ranges { get; init; } = [];
}
