using System.Text;
using CurKv.Connector.Tests.Engine;

namespace CurKv.Connector.Tests.Grammar;

/// <summary>Writes random sentences of a grammar: as much as a model could that takes any token that is allowed.</summary>
internal sealed class GbnfSentences
{
    private const int Patience = 300;
    private const long Unreachable = 1L << 40;

    private readonly GbnfGrammar _grammar;
    private readonly Random _random;
    private readonly long[] _cost;

    /// <summary>Prepares a grammar.</summary>
    public GbnfSentences(GbnfGrammar grammar, Random random)
    {
        _grammar = grammar;
        _random = random;
        _cost = Enumerable.Repeat(Unreachable, _grammar.Rules.Count).ToArray();
        bool changed = true;
        while (changed)
        {
            changed = false;
            for (int rule = _cost.Length - 1; rule >= 0; rule--)
            {
                long least = _grammar.Rules[rule]!.Min(Cost);
                changed |= least < _cost[rule];
                _cost[rule] = Math.Min(_cost[rule], least);
            }
        }

        // A rule without any sentence would leave a model without any token.
        Assert.DoesNotContain(Unreachable, _cost);
    }

    /// <summary>A random sentence; after some steps it takes the shortest way to the end.</summary>
    public string Next()
    {
        var text = new StringBuilder();
        int steps = 0;
        var open = new Stack<GbnfSymbol>();
        open.Push(new GbnfSymbol(_grammar.Root, [], false));
        while (open.TryPop(out GbnfSymbol? symbol))
        {
            if (symbol.Rule < 0)
            {
                text.Append(char.ConvertFromUtf32(Character(symbol)));
                continue;
            }

            List<List<GbnfSymbol>> alternatives = _grammar.Rules[symbol.Rule]!;
            List<GbnfSymbol> alternative = ++steps > Patience ? alternatives.MinBy(Cost)! : alternatives[_random.Next(alternatives.Count)];
            foreach (GbnfSymbol part in Enumerable.Reverse(alternative))
            {
                open.Push(part);
            }
        }

        return text.ToString();
    }

    private long Cost(List<GbnfSymbol> symbols) =>
        Math.Min(Unreachable, 1 + symbols.Sum(symbol => symbol.Rule < 0 ? 1 : Math.Min(_cost[symbol.Rule], Unreachable)));

    // Mostly printable ASCII; otherwise a letter of the basic plane, which .NET counts as one character as JSON Schema does.
    private int Character(GbnfSymbol symbol)
    {
        var candidates = Enumerable.Range(0, 0x80).Append('é').Append('中').Where(symbol.Matches).ToList();
        if (candidates.Count > 0)
        {
            return candidates[_random.Next(candidates.Count)];
        }

        (int first, int last) = symbol.Ranges[_random.Next(symbol.Ranges.Count)];
        return _random.Next(first, last + 1);
    }
}
