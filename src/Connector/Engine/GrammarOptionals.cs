namespace CurKv.Connector.Engine;

/// <summary>
/// Counts how many items that may be empty stand in a row in a grammar. llama.cpp holds a stack for each that may come next, and every
/// character moves each of them past all that follow: the work grows with the cube of the row.
/// </summary>
/// <remarks>
/// A row is counted through rules and groups that may be empty as a whole, and through what repeats them. What repeats an item that is not
/// empty counts once: llama.cpp nests such repetitions, and one stack goes through. Lenient: what is wrong in a grammar is left to llama.cpp.
/// </remarks>
internal sealed class GrammarOptionals
{
    /// <summary>The longest row that <see cref="Longest"/> tells apart from longer ones.</summary>
    public const int Limit = 128;

    // What a rule weighs depends on rules that stand behind it; chains of them are short.
    private const int MaxPasses = 32;

    private readonly Dictionary<string, int> _weights = new(StringComparer.Ordinal);
    private readonly Stack<Body> _open = new();
    private Body _body;
    private string? _rule;
    private int _longest;
    private bool _changed;

    // Weights: 0 for what takes a character at least, else how many optional items stand there in a row.
    private record struct Body(int Empty, int Row, bool IsEmpty, int? Last)
    {
        public static Body New => new(0, 0, true, null);
    }

    /// <summary>The length of the longest row of a grammar; above <see cref="Limit"/>, how much is not said.</summary>
    /// <param name="grammar">The grammar, in GBNF.</param>
    public static int Longest(string grammar)
    {
        var optionals = new GrammarOptionals();
        for (int pass = 0; pass < MaxPasses && optionals._longest <= Limit; pass++)
        {
            optionals._changed = false;
            optionals.Read(grammar);
            if (!optionals._changed)
            {
                return optionals._longest;
            }
        }

        return int.MaxValue;
    }

    private void Read(ReadOnlySpan<char> text)
    {
        for (_body = Body.New; !text.IsEmpty;)
        {
            int length = text[0] switch
            {
                '#' => Length(text, '\n', escapes: false),
                '"' => Item(Length(text, '"', escapes: true), text is ['"', '"', ..] ? 1 : 0),
                '[' => Item(Length(text, ']', escapes: true), 0),
                '<' => Item(Length(text, '>', escapes: false), 0),
                '{' => Repeat(text[..Length(text, '}', escapes: false)]),
                '?' or '*' => Repeat(0, 1),
                '.' => Item(1, 0),
                '(' => Open(),
                ')' => Close(),
                '|' => EndAlternative(),
                _ => Name(text),
            };
            text = text[length..];
        }

        EndRule();
    }

    private int Name(ReadOnlySpan<char> text)
    {
        int length = 0;
        while (length < text.Length && (char.IsAsciiLetterOrDigit(text[length]) || text[length] == '-'))
        {
            length++;
        }

        if (length == 0)
        {
            return 1;
        }

        if (!text[length..].TrimStart().StartsWith("::="))
        {
            return Item(length, _weights.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text[..length], out int weight) ? weight : 0);
        }

        EndRule();
        _rule = text[..length].ToString();
        return text.IndexOf('=') + 1;
    }

    private void EndRule()
    {
        while (_open.Count > 0)
        {
            Close();
        }

        EndAlternative();
        if (_rule is not null)
        {
            _changed |= _body.Empty != _weights.GetValueOrDefault(_rule);
            _weights[_rule] = _body.Empty;
        }

        _rule = null;
        _body = Body.New;
    }

    private int Open()
    {
        EndItem();
        _open.Push(_body);
        _body = Body.New;
        return 1;
    }

    private int Close()
    {
        EndAlternative();
        if (_open.TryPop(out Body outer))
        {
            int weight = _body.Empty;
            _body = outer;
            Item(1, weight);
        }

        return 1;
    }

    private int EndAlternative()
    {
        EndItem();
        int empty = _body.IsEmpty ? Math.Max(_body.Row, 1) : 0;
        _body = Body.New with { Empty = Math.Min(_body.Empty + empty, Limit + 1) };
        return 1;
    }

    private int Item(int length, int weight)
    {
        EndItem();
        _body.Last = weight;
        return length;
    }

    private void EndItem()
    {
        if (_body.Last is { } weight)
        {
            _body.Row = weight == 0 ? 0 : Math.Min(_body.Row + weight, Limit + 1);
            _body.IsEmpty &= weight > 0;
            _longest = Math.Max(_longest, _body.Row);
        }

        _body.Last = null;
    }

    private int Repeat(ReadOnlySpan<char> counts)
    {
        ReadOnlySpan<char> bounds = counts.Trim("{}");
        int comma = bounds.IndexOf(',');
        _ = int.TryParse(comma < 0 ? bounds : bounds[..comma], out int low);
        _ = int.TryParse(comma < 0 ? bounds : bounds[(comma + 1)..], out int high);
        Repeat(low, Math.Max(low, high));
        return counts.Length;
    }

    private int Repeat(int low, int high)
    {
        if (_body.Last is { } weight)
        {
            _body.Last = (int)Math.Min((long)weight * Math.Max(high, 1), Limit + 1);
            _body.Last = low == 0 ? Math.Max(_body.Last.Value, 1) : _body.Last;
        }

        return 1;
    }

    private static int Length(ReadOnlySpan<char> text, char end, bool escapes)
    {
        int at = 1;
        while (at < text.Length && text[at] != end)
        {
            at += escapes && text[at] == '\\' ? 2 : 1;
        }

        return Math.Min(at + 1, text.Length);
    }
}
