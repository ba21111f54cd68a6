namespace CurKv.Connector.Grammar;

/// <summary>A grammar that an answer has to follow. Immutable.</summary>
/// <param name="Gbnf">The grammar in llama.cpp's notation; its first rule is <c>root</c>.</param>
internal sealed record OutputGrammar(string Gbnf)
{
    /// <summary>
    /// Literal texts, never patterns: the grammar binds from where one of them begins, and its root begins with that text itself.
    /// Empty: it binds from the first token on.
    /// </summary>
    public IReadOnlyList<string> Triggers { get; init; } = [];

    /// <summary>
    /// Whether a trigger counts only where nothing but white space (and reasoning) stands before it: for triggers that are ordinary
    /// text, such as the beginning of a JSON object, which an answer may also quote.
    /// </summary>
    public bool TriggersOnlyAtStart { get; init; }
}
