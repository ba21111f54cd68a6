using System.Globalization;

namespace CurKv.Connector.Tests.Grammar;

/// <summary>A grammar, read from its text as llama.cpp reads it: repetitions become rules, and its limits hold.</summary>
internal sealed class GbnfGrammar
{
    private const int MaxRepetitions = 2000;

    private readonly Dictionary<string, int> _names = [];
    private readonly string _text;
    private int _position;

    private GbnfGrammar(string text) => _text = text;

    /// <summary>The alternatives of each rule, each a sequence of symbols.</summary>
    public List<List<List<GbnfSymbol>>?> Rules { get; } = [];

    /// <summary>The rule at which texts begin.</summary>
    public int Root => _names["root"];

    /// <summary>Reads a grammar.</summary>
    /// <exception cref="FormatException">llama.cpp would refuse it.</exception>
    public static GbnfGrammar Parse(string text)
    {
        var grammar = new GbnfGrammar(text);
        grammar.SkipSpace(newLines: true);
        while (grammar._position < text.Length)
        {
            grammar.ParseRule();
        }

        foreach ((string name, int rule) in grammar._names)
        {
            _ = grammar.Rules[rule] ?? throw new FormatException($"The rule '{name}' is not defined.");
        }

        grammar.CheckLeftRecursion();
        return grammar;
    }

    private void ParseRule()
    {
        string name = ParseName();
        SkipSpace(newLines: false);
        Expect("::=");
        SkipSpace(newLines: true);
        int rule = Rule(name);
        if (Rules[rule] is not null)
        {
            throw new FormatException($"The rule '{name}' is defined twice.");
        }

        Rules[rule] = ParseAlternatives(nested: false);
        if (_position < _text.Length && _text[_position] != '\n')
        {
            throw Fail("expected a new line");
        }

        SkipSpace(newLines: true);
    }

    private List<List<GbnfSymbol>> ParseAlternatives(bool nested)
    {
        var alternatives = new List<List<GbnfSymbol>> { ParseSequence(nested) };
        while (_position < _text.Length && _text[_position] == '|')
        {
            _position++;
            SkipSpace(newLines: true);
            alternatives.Add(ParseSequence(nested));
        }

        return alternatives;
    }

    private List<GbnfSymbol> ParseSequence(bool nested)
    {
        var sequence = new List<GbnfSymbol>();
        int last = 0;
        while (_position < _text.Length)
        {
            char next = _text[_position];
            if (next == '"')
            {
                last = sequence.Count;
                _position++;
                while (_text[_position] != '"')
                {
                    int character = ParseCharacter();
                    sequence.Add(new GbnfSymbol(-1, [(character, character)], false));
                }

                _position++;
            }
            else if (next == '[')
            {
                last = sequence.Count;
                sequence.Add(ParseClass());
            }
            else if (next == '(')
            {
                _position++;
                SkipSpace(newLines: true);
                int before = Rules.Count;
                int rule = Rules.Count;
                Rules.Add(null);
                Rules[rule] = ParseAlternatives(nested: true);
                Expect(")");
                last = sequence.Count;
                sequence.Add(new GbnfSymbol(rule, [], false));
                GroupRules = Rules.Count - before;
                SkipSpace(nested);
                if (_position < _text.Length && _text[_position] is '*' or '+' or '?' or '{')
                {
                    Repeat(sequence, last, GroupRules);
                }

                continue;
            }
            else if (next is '*' or '+' or '?' or '{')
            {
                Repeat(sequence, last, 1);
                continue;
            }
            else if (char.IsAsciiLetterOrDigit(next) || next == '-')
            {
                last = sequence.Count;
                sequence.Add(new GbnfSymbol(Rule(ParseName()), [], false));
            }
            else
            {
                break;
            }

            SkipSpace(nested);
        }

        return sequence;
    }

    private int GroupRules { get; set; }

    private void Repeat(List<GbnfSymbol> sequence, int last, int rules)
    {
        (int minimum, int? maximum) = ParseCounts();
        SkipSpace(newLines: false);
        if (last == sequence.Count)
        {
            throw Fail("expected an item to repeat");
        }

        if (minimum > MaxRepetitions || maximum > MaxRepetitions || rules * Math.Max(1, maximum ?? minimum) >= MaxRepetitions)
        {
            throw Fail("repeats more than llama.cpp allows");
        }

        List<GbnfSymbol> item = sequence[last..];
        sequence.RemoveRange(last, item.Count);
        for (int i = 0; i < minimum; i++)
        {
            sequence.AddRange(item);
        }

        int rule = -1;
        for (int i = 0; i < (maximum is null ? 1 : maximum - minimum); i++)
        {
            int previous = maximum is null ? Rules.Count : rule;
            rule = Rules.Count;
            Rules.Add([previous < 0 ? item : [.. item, new GbnfSymbol(previous, [], false)], []]);
        }

        if (rule >= 0)
        {
            sequence.Add(new GbnfSymbol(rule, [], false));
        }
    }

    private (int Minimum, int? Maximum) ParseCounts()
    {
        char sign = _text[_position++];
        if (sign != '{')
        {
            return sign switch
            {
                '*' => (0, null),
                '+' => (1, null),
                _ => (0, 1),
            };
        }

        int end = _text.IndexOf('}', _position);
        string[] parts = _text[_position..end].Split(',');
        _position = end + 1;
        int minimum = int.Parse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture);
        return (minimum, parts.Length == 1 ? minimum : parts[1].Length == 0 ? null : int.Parse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture));
    }

    private GbnfSymbol ParseClass()
    {
        _position++;
        bool negated = _text[_position] == '^';
        _position += negated ? 1 : 0;
        var ranges = new List<(int, int)>();
        while (_text[_position] != ']')
        {
            int first = ParseCharacter();
            int last = first;
            if (_text[_position] == '-' && _text[_position + 1] != ']')
            {
                _position++;
                last = ParseCharacter();
            }

            ranges.Add((first, last));
        }

        _position++;
        return new GbnfSymbol(-1, ranges, negated);
    }

    private int ParseCharacter()
    {
        char character = _text[_position++];
        if (character > 0x7F || character < ' ')
        {
            throw Fail("grammars are written in printable ASCII");
        }

        if (character != '\\')
        {
            return character;
        }

        char escape = _text[_position++];
        return escape switch
        {
            'x' => ParseHexadecimal(2),
            'u' => ParseHexadecimal(4),
            'U' => ParseHexadecimal(8),
            't' => '\t',
            'r' => '\r',
            'n' => '\n',
            '\\' or '"' or '[' or ']' => escape,
            _ => throw Fail("unknown escape"),
        };
    }

    private int ParseHexadecimal(int digits)
    {
        _position += digits;
        return int.Parse(_text.AsSpan(_position - digits, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    private string ParseName()
    {
        int start = _position;
        while (_position < _text.Length && (char.IsAsciiLetterOrDigit(_text[_position]) || _text[_position] == '-'))
        {
            _position++;
        }

        return start < _position ? _text[start.._position] : throw Fail("expected a name");
    }

    private int Rule(string name)
    {
        if (!_names.TryGetValue(name, out int rule))
        {
            rule = Rules.Count;
            _names.Add(name, rule);
            Rules.Add(null);
        }

        return rule;
    }

    private void Expect(string token)
    {
        if (!_text.AsSpan(_position).StartsWith(token))
        {
            throw Fail($"expected {token}");
        }

        _position += token.Length;
    }

    private void SkipSpace(bool newLines)
    {
        while (_position < _text.Length && (_text[_position] is ' ' or '\t' || (newLines && _text[_position] is '\r' or '\n')))
        {
            _position++;
        }
    }

    // Exact, where llama.cpp looks at rules that are empty by themselves only: what it overlooks would hang it.
    private void CheckLeftRecursion()
    {
        var nullable = new HashSet<int>();
        while (Enumerable.Range(0, Rules.Count).Any(rule => Rules[rule]!.Any(symbols => symbols.All(symbol => nullable.Contains(symbol.Rule))) && nullable.Add(rule)))
        {
        }

        int[] states = new int[Rules.Count];
        foreach (int rule in Enumerable.Range(0, Rules.Count).Where(rule => states[rule] == 0))
        {
            var path = new Stack<(int Rule, Queue<int> Left)>();
            Enter(rule);
            while (path.TryPeek(out (int Rule, Queue<int> Left) top))
            {
                if (!top.Left.TryDequeue(out int next))
                {
                    states[path.Pop().Rule] = 2;
                }
                else if (states[next] == 1)
                {
                    throw new FormatException("The grammar is left-recursive.");
                }
                else if (states[next] == 0)
                {
                    Enter(next);
                }
            }

            void Enter(int entered)
            {
                states[entered] = 1;
                path.Push((entered, new Queue<int>(Rules[entered]!.SelectMany(Leftmost).Where(left => left >= 0))));
            }
        }

        IEnumerable<int> Leftmost(List<GbnfSymbol> symbols)
        {
            foreach (GbnfSymbol symbol in symbols)
            {
                yield return symbol.Rule;
                if (!nullable.Contains(symbol.Rule))
                {
                    yield break;
                }
            }
        }
    }

    private FormatException Fail(string what) => new($"{what} at {_position}: {_text.AsSpan(_position, Math.Min(40, _text.Length - _position))}");
}
