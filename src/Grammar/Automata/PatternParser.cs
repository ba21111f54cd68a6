using System.Globalization;
using System.Runtime.CompilerServices;

namespace CurKv.Grammar.Automata;

/// <summary>Parses the regular part of ECMA 262's regular expressions, which JSON schemas use.</summary>
/// <remarks>
/// Characters, escapes, classes, groups, alternatives, quantifiers (a lazy one matches the same texts) and the anchors at the beginnings and ends of
/// alternatives. Look-around, back references and word boundaries are refused by name. Not thread-safe: one instance for each parse.
/// </remarks>
internal sealed class PatternParser
{
    private const int DeepestGroup = 64;
    private const int LargestCount = 10_000;
    private const int MaxQuantifiers = 16;

    private static readonly CodePointSet Digits = CodePointSet.Of(('0', '9'));
    private static readonly CodePointSet WordCharacters = CodePointSet.Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z'));
    private static readonly CodePointSet LineEnds = CodePointSet.Of(('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029));

    private static readonly CodePointSet Spaces = CodePointSet.Of(
        ('\t', '\r'), (' ', ' '), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A),
        (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF));

    private readonly string _pattern;
    private int _position;
    private int _depth;

    private PatternParser(string pattern) => _pattern = pattern;

    /// <summary>Parses a pattern as JSON Schema means it: a text matches when any part of it does.</summary>
    /// <param name="pattern">The regular expression.</param>
    /// <returns>What the whole text must match: no anchors are left in it.</returns>
    /// <exception cref="PatternException">The pattern is wrong, or not regular.</exception>
    public static PatternNode Parse(string pattern)
    {
        var parser = new PatternParser(pattern);
        PatternNode node = parser.ParseChoice();
        return parser._position < pattern.Length ? throw parser.Fail("has a ')' too many") : Whole(node);
    }

    // Anything may stand before and after a match, but where an anchor says otherwise.
    private static PatternNode Whole(PatternNode node)
    {
        if (node is PatternNode.Choice choice)
        {
            return new PatternNode.Choice([.. choice.Options.Select(Whole)]);
        }

        IReadOnlyList<PatternNode> parts = node is PatternNode.Sequence sequence ? sequence.Parts : [node];
        if (parts is [PatternNode.Choice or PatternNode.Sequence])
        {
            return Whole(parts[0]);
        }

        var anything = new PatternNode.Repetition(new PatternNode.Character(CodePointSet.All), 0, null);
        int first = parts.TakeWhile(part => part is PatternNode.Anchor { AtEnd: false }).Count();
        int last = parts.Count - parts.Skip(first).Reverse().TakeWhile(part => part is PatternNode.Anchor { AtEnd: true }).Count();
        IEnumerable<PatternNode> inner = parts.Take(first..last);
        if (inner.Any(HasAnchor))
        {
            throw new PatternException("has an anchor (^ or $) inside; put anchors at the beginning and the end only");
        }

        PatternNode before = first > 0 ? PatternNode.Empty : anything;
        PatternNode after = last < parts.Count ? PatternNode.Empty : anything;
        return new PatternNode.Sequence([before, .. inner, after]);
    }

    private static bool HasAnchor(PatternNode node) => node switch
    {
        PatternNode.Anchor => true,
        PatternNode.Sequence sequence => sequence.Parts.Any(HasAnchor),
        PatternNode.Choice choice => choice.Options.Any(HasAnchor),
        PatternNode.Repetition repetition => HasAnchor(repetition.Part),
        _ => false,
    };

    private PatternNode ParseChoice()
    {
        if (++_depth > DeepestGroup || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Fail("nests groups too deeply");
        }

        var options = new List<PatternNode> { ParseSequence() };
        while (TryTake('|'))
        {
            options.Add(ParseSequence());
        }

        _depth--;
        return options.Count == 1 ? options[0] : new PatternNode.Choice(options);
    }

    private PatternNode ParseSequence()
    {
        var parts = new List<PatternNode>();
        while (_position < _pattern.Length && _pattern[_position] is not ('|' or ')'))
        {
            parts.Add(ParseQuantifier(ParseAtom()));
        }

        return parts.Count == 1 ? parts[0] : new PatternNode.Sequence(parts);
    }

    private PatternNode ParseAtom()
    {
        switch (_pattern[_position])
        {
            case '^':
                _position++;
                return new PatternNode.Anchor(AtEnd: false);
            case '$':
                _position++;
                return new PatternNode.Anchor(AtEnd: true);
            case '.':
                _position++;
                return new PatternNode.Character(LineEnds.Complement());
            case '(':
                return ParseGroup();
            case '[':
                return new PatternNode.Character(ParseClass());
            case '\\':
                _position++;
                return new PatternNode.Character(ParseEscape(inClass: false));
            case '*' or '+' or '?':
                throw Fail("repeats nothing");
            default:
                return new PatternNode.Character(Single(TakeCodePoint()));
        }
    }

    private PatternNode ParseGroup()
    {
        _position++;
        if (TryTake('?'))
        {
            if (TryTake('<') && _position < _pattern.Length && _pattern[_position] is not ('=' or '!'))
            {
                int end = _pattern.IndexOf('>', _position);
                _position = end < 0 ? throw Fail("has a group whose name does not end") : end + 1;
            }
            else if (!TryTake(':'))
            {
                throw Fail("looks ahead or behind, or sets an option; write it without (?...)");
            }
        }

        PatternNode inner = ParseChoice();
        return TryTake(')') ? inner : throw Fail("has a '(' without its ')'");
    }

    private PatternNode ParseQuantifier(PatternNode atom)
    {
        for (int quantifiers = 0; _position < _pattern.Length; quantifiers++)
        {
            (int Minimum, int? Maximum)? counts = _pattern[_position] switch
            {
                '*' => (0, null),
                '+' => (1, null),
                '?' => (0, 1),
                '{' => ParseCounts(),
                _ => null,
            };
            if (counts is not { } found)
            {
                break;
            }

            _position++;
            _ = TryTake('?');
            if (atom is PatternNode.Anchor)
            {
                throw Fail("repeats an anchor");
            }

            if (quantifiers == MaxQuantifiers)
            {
                throw Fail(string.Create(CultureInfo.InvariantCulture, $"has more than {MaxQuantifiers} quantifiers in a row; use one"));
            }

            atom = found is (1, 1) ? atom : new PatternNode.Repetition(atom, found.Minimum, found.Maximum);
        }

        return atom;
    }

    // Leaves the position at the '}'.
    private (int Minimum, int? Maximum) ParseCounts()
    {
        int end = _pattern.IndexOf('}', _position);
        string text = end < 0 ? string.Empty : _pattern[(_position + 1)..end];
        int comma = text.IndexOf(',', StringComparison.Ordinal);
        int minimum = ParseCount(comma < 0 ? text : text[..comma]);
        int? maximum = comma < 0 ? minimum : comma == text.Length - 1 ? null : ParseCount(text[(comma + 1)..]);
        if (maximum < minimum)
        {
            throw Fail("has a repetition whose maximum is below its minimum");
        }

        _position = end;
        return (minimum, maximum);
    }

    private int ParseCount(string text)
    {
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count))
        {
            throw Fail("has a '{' that begins no repetition such as {2,5}; escape it as \\{");
        }

        return count <= LargestCount ? count : throw Fail(string.Create(CultureInfo.InvariantCulture, $"repeats more than {LargestCount} times"));
    }

    private CodePointSet ParseClass()
    {
        _position++;
        bool negated = TryTake('^');
        CodePointSet set = CodePointSet.Empty;
        while (!TryTake(']'))
        {
            CodePointSet first = ParseClassAtom();
            if (IsRange() && first.Ranges is [var low] && low.First == low.Last)
            {
                _position++;
                CodePointSet last = ParseClassAtom();
                if (last.Ranges is not [var high] || high.First != high.Last || high.First < low.First)
                {
                    throw Fail("has a range in a class whose end is below its beginning");
                }

                first = CodePointSet.Of((low.First, high.First));
            }

            set = set.Union(first);
        }

        return negated ? set.Complement() : set;
    }

    private bool IsRange() => _position + 1 < _pattern.Length && _pattern[_position] == '-' && _pattern[_position + 1] != ']';

    private CodePointSet ParseClassAtom()
    {
        if (_position >= _pattern.Length)
        {
            throw Fail("has a '[' without its ']'");
        }

        return TryTake('\\') ? ParseEscape(inClass: true) : Single(TakeCodePoint());
    }

    // The position is behind the backslash.
    private CodePointSet ParseEscape(bool inClass)
    {
        char escape = _position < _pattern.Length ? _pattern[_position++] : throw Fail("ends in a backslash");
        return escape switch
        {
            'd' => Digits,
            'D' => Digits.Complement(),
            'w' => WordCharacters,
            'W' => WordCharacters.Complement(),
            's' => Spaces,
            'S' => Spaces.Complement(),
            'n' => Single('\n'),
            'r' => Single('\r'),
            't' => Single('\t'),
            'f' => Single('\f'),
            'v' => Single('\v'),
            '0' => Single('\0'),
            'b' when inClass => Single('\b'),
            'b' or 'B' => throw Fail("has a word boundary; write the characters that stand there"),
            'x' => Single(ParseHexadecimal(2)),
            'u' => Single(ParseUnicode()),
            'p' or 'P' => throw Fail("has a Unicode property; write the ranges of characters"),
            'k' or (>= '1' and <= '9') => throw Fail("refers back to a group; write the group out"),
            'c' => throw Fail("has a control escape; write it as \\uXXXX"),
            _ when char.IsAsciiLetter(escape) => throw Fail($"has the escape \\{escape}, which ECMA 262 does not know"),
            _ => Single(escape),
        };
    }

    private int ParseUnicode()
    {
        if (TryTake('{'))
        {
            int end = _pattern.IndexOf('}', _position);
            int digits = end < 0 ? 0 : end - _position;
            int codePoint = digits is > 0 and <= 6 ? ParseHexadecimal(digits) : throw Fail("has a \\u{...} that does not end");
            _position++;
            return codePoint <= 0x10FFFF ? codePoint : throw Fail("has a \\u{...} above 10FFFF");
        }

        char unit = (char)ParseHexadecimal(4);
        if (!char.IsHighSurrogate(unit) || !_pattern.AsSpan(_position).StartsWith("\\u"))
        {
            return unit;
        }

        _position += 2;
        char low = (char)ParseHexadecimal(4);
        return char.IsLowSurrogate(low) ? char.ConvertToUtf32(unit, low) : throw Fail("has half a surrogate pair");
    }

    private int ParseHexadecimal(int digits)
    {
        if (_position + digits > _pattern.Length ||
            !int.TryParse(_pattern.AsSpan(_position, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value))
        {
            throw Fail("has an escape whose hexadecimal digits are missing");
        }

        _position += digits;
        return value;
    }

    private int TakeCodePoint()
    {
        bool isPair = _position + 1 < _pattern.Length && char.IsSurrogatePair(_pattern, _position);
        int codePoint = isPair ? char.ConvertToUtf32(_pattern, _position) : _pattern[_position];
        _position += codePoint > char.MaxValue ? 2 : 1;
        return codePoint;
    }

    private bool TryTake(char character)
    {
        bool taken = _position < _pattern.Length && _pattern[_position] == character;
        _position += taken ? 1 : 0;
        return taken;
    }

    private static CodePointSet Single(int codePoint) => CodePointSet.Of((codePoint, codePoint));

    private PatternException Fail(string what) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{what} (near character {Math.Min(_position, _pattern.Length) + 1})"));
}
