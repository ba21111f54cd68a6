namespace CurKv.Connector.Tests.Grammar;

/// <summary>A symbol of a parsed grammar: characters, or a rule.</summary>
/// <param name="Rule">The rule's index, or -1.</param>
/// <param name="Ranges">The inclusive ranges of characters.</param>
/// <param name="Negated">Whether all other characters are meant.</param>
internal sealed record GbnfSymbol(int Rule, IReadOnlyList<(int First, int Last)> Ranges, bool Negated)
{
    /// <summary>Whether the symbol matches a character.</summary>
    public bool Matches(int character) => Ranges.Any(range => range.First <= character && character <= range.Last) != Negated;
}
