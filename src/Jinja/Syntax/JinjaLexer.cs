using System.Globalization;
using System.Text;
using CurKv.Jinja.Evaluation;

namespace CurKv.Jinja.Syntax;

/// <summary>Cuts a template's source into tokens, in one pass. White space around tags goes as <c>trim_blocks</c>, <c>lstrip_blocks</c> and the marks <c>-</c> and <c>+</c> have it.</summary>
internal sealed class JinjaLexer
{
    // Longest first.
    private static readonly string[] Operators =
        ["**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", ".", ",", ":", "|", "(", ")", "[", "]", "{", "}", ";"];

    private readonly string _source;
    private readonly List<JinjaToken> _tokens = [];
    private int _at;

    private JinjaLexer(string source) => _source = source;

    /// <summary>Jinja's treatment of a source before all else: line feeds only, and one at the end is dropped.</summary>
    public static string Normalize(string source)
    {
        string text = source.Contains('\r') ? source.ReplaceLineEndings("\n") : source;
        return text.EndsWith('\n') ? text[..^1] : text;
    }

    /// <summary>Cuts a normalised source.</summary>
    /// <exception cref="JinjaException">A tag or string that is not closed, or a character that means nothing.</exception>
    public static List<JinjaToken> Tokenize(string source)
    {
        JinjaLexer lexer = new(source);
        try
        {
            lexer.Run();
        }
        catch (JinjaException error)
        {
            throw error.At(source, lexer._at);
        }

        return lexer._tokens;
    }

    private void Run()
    {
        while (_at < _source.Length)
        {
            int start = _at;
            int tag = FindTag(start);
            if (tag < 0)
            {
                AddText(start, _source.Length);
                _at = _source.Length;
                break;
            }

            char kind = _source[tag + 1];
            char mark = tag + 2 < _source.Length ? _source[tag + 2] : '\0';
            AddText(start, EndOfText(start, tag, mark, lstrip: kind != '{'));
            _at = tag + 2 + (mark is '-' or '+' ? 1 : 0);
            switch (kind)
            {
                case '#':
                    SkipComment(tag);
                    break;
                case '%' when IsRawBlock():
                    ReadRaw(tag);
                    break;
                case '%':
                    _tokens.Add(new(JinjaTokenKind.BlockBegin, "{%", tag));
                    ReadCode(tag, JinjaTokenKind.BlockEnd, "%}");
                    break;
                default:
                    _tokens.Add(new(JinjaTokenKind.VariableBegin, "{{", tag));
                    ReadCode(tag, JinjaTokenKind.VariableEnd, "}}");
                    break;
            }
        }

        _tokens.Add(new(JinjaTokenKind.End, string.Empty, _source.Length));
    }

    private int FindTag(int from)
    {
        for (int i = from; (i = _source.IndexOf('{', i)) >= 0 && i + 1 < _source.Length; i++)
        {
            if (_source[i + 1] is '{' or '%' or '#')
            {
                return i;
            }
        }

        return -1;
    }

    private void AddText(int start, int end)
    {
        if (end > start)
        {
            _tokens.Add(new(JinjaTokenKind.Text, _source[start..end], start));
        }
    }

    // Where the text before a tag ends: before all white space at the mark '-', before the blanks that begin the tag's line else.
    private int EndOfText(int start, int tag, char mark, bool lstrip)
    {
        int end = tag;
        if (mark == '-')
        {
            while (end > start && PythonText.IsSpace(_source[end - 1]))
            {
                end--;
            }

            return end;
        }

        if (mark == '+' || !lstrip)
        {
            return tag;
        }

        while (end > start && _source[end - 1] != '\n')
        {
            if (!PythonText.IsSpace(_source[end - 1]))
            {
                return tag;
            }

            end--;
        }

        return end > start || start == 0 || _source[start - 1] == '\n' ? end : tag;
    }

    private void SkipComment(int tag)
    {
        int end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0)
        {
            _at = tag;
            throw new JinjaException("A comment is not closed: '#}' is missing.");
        }

        char mark = end > _at ? _source[end - 1] : '\0';
        _at = end + 2;
        SkipAfterTag(mark, trimNewline: true);
    }

    private bool IsRawBlock()
    {
        int at = SkipSpace(_at);
        return _source.AsSpan(at).StartsWith("raw", StringComparison.Ordinal)
            && _source.AsSpan(SkipSpace(at + 3)) is ['%', '}', ..] or ['-', '%', '}', ..];
    }

    private void ReadRaw(int tag)
    {
        _at = SkipSpace(SkipSpace(_at) + 3);
        char mark = _source[_at];
        _at = _source.IndexOf('}', _at) + 1;
        SkipAfterTag(mark, trimNewline: false);
        int start = _at;
        for (int i = start; (i = _source.IndexOf("{%", i, StringComparison.Ordinal)) >= 0; i++)
        {
            char begin = i + 2 < _source.Length ? _source[i + 2] : '\0';
            int name = SkipSpace(i + 2 + (begin is '-' or '+' ? 1 : 0));
            if (!_source.AsSpan(name).StartsWith("endraw", StringComparison.Ordinal))
            {
                continue;
            }

            int end = SkipSpace(name + 6);
            char close = end < _source.Length ? _source[end] : '\0';
            end += close is '-' or '+' ? 1 : 0;
            if (_source.AsSpan(end).StartsWith("%}", StringComparison.Ordinal))
            {
                AddText(start, EndOfText(start, i, begin, lstrip: true));
                _at = end + 2;
                SkipAfterTag(close, trimNewline: true);
                return;
            }
        }

        _at = tag;
        throw new JinjaException("A raw block is not closed: '{% endraw %}' is missing.");
    }

    private int SkipSpace(int at)
    {
        while (at < _source.Length && PythonText.IsSpace(_source[at]))
        {
            at++;
        }

        return at;
    }

    private void SkipAfterTag(char mark, bool trimNewline)
    {
        if (mark == '-')
        {
            _at = SkipSpace(_at);
        }
        else if (trimNewline && mark != '+' && _at < _source.Length && _source[_at] == '\n')
        {
            _at++;
        }
    }

    private void ReadCode(int tag, JinjaTokenKind closing, string close)
    {
        bool isBlock = closing == JinjaTokenKind.BlockEnd;
        Stack<char> brackets = new();
        while ((_at = SkipSpace(_at)) < _source.Length)
        {
            ReadOnlySpan<char> rest = _source.AsSpan(_at);
            char mark = rest[0] == '-' || (isBlock && rest[0] == '+') ? rest[0] : '\0';
            if (brackets.Count == 0 && rest[(mark == '\0' ? 0 : 1)..].StartsWith(close, StringComparison.Ordinal))
            {
                _tokens.Add(new(closing, close, _at));
                _at += close.Length + (mark == '\0' ? 0 : 1);
                SkipAfterTag(mark, trimNewline: isBlock);
                return;
            }

            ReadToken(rest[0], brackets);
        }

        _at = tag;
        throw new JinjaException($"A tag is not closed: '{close}' is missing.");
    }

    private void ReadToken(char first, Stack<char> brackets)
    {
        int start = _at;
        if (char.IsAsciiDigit(first))
        {
            ReadNumber(start);
        }
        else if (first == '_' || char.IsLetter(first))
        {
            while (_at < _source.Length && (_source[_at] == '_' || char.IsLetterOrDigit(_source[_at])))
            {
                _at++;
            }

            _tokens.Add(new(JinjaTokenKind.Name, _source[start.._at], start));
        }
        else if (first is '"' or '\'')
        {
            ReadString(start, first);
        }
        else
        {
            ReadOperator(start, brackets);
        }
    }

    private void ReadOperator(int start, Stack<char> brackets)
    {
        string text = Array.Find(Operators, candidate => string.CompareOrdinal(_source, start, candidate, 0, candidate.Length) == 0)
            ?? throw new JinjaException($"The character '{_source[start]}' means nothing here.");
        if (text is "(" or "[" or "{")
        {
            brackets.Push(text[0] switch { '(' => ')', '[' => ']', _ => '}' });
        }
        else if (text is ")" or "]" or "}" && (!brackets.TryPop(out char expected) || expected != text[0]))
        {
            throw new JinjaException($"'{text}' closes nothing that is open.");
        }

        _tokens.Add(new(JinjaTokenKind.Operator, text, start));
        _at += text.Length;
    }

    private void ReadNumber(int start)
    {
        bool isHex = _source[start] == '0' && start + 1 < _source.Length && _source[start + 1] is 'x' or 'X';
        _at += isHex ? 2 : 0;
        SkipDigits(isHex);
        bool isFloat = false;

        // Behind a point stands an index: a.0.1
        bool mayBeFloat = !isHex && (start == 0 || _source[start - 1] != '.');
        if (mayBeFloat && _at + 1 < _source.Length && _source[_at] == '.' && char.IsAsciiDigit(_source[_at + 1]))
        {
            isFloat = true;
            _at++;
            SkipDigits(isHex: false);
        }

        int exponent = _at + 1;
        if (mayBeFloat && _at < _source.Length && _source[_at] is 'e' or 'E')
        {
            exponent += exponent < _source.Length && _source[exponent] is '+' or '-' ? 1 : 0;
            if (exponent < _source.Length && char.IsAsciiDigit(_source[exponent]))
            {
                isFloat = true;
                _at = exponent;
                SkipDigits(isHex: false);
            }
        }

        _tokens.Add(new(isFloat ? JinjaTokenKind.Float : JinjaTokenKind.Integer, _source[start.._at].Replace("_", string.Empty, StringComparison.Ordinal), start));
    }

    private void SkipDigits(bool isHex)
    {
        while (_at < _source.Length && (_source[_at] == '_' || (isHex ? char.IsAsciiHexDigit(_source[_at]) : char.IsAsciiDigit(_source[_at]))))
        {
            _at++;
        }
    }

    private void ReadString(int start, char quote)
    {
        int end = start + 1;
        bool hasEscapes = false;
        while (end < _source.Length && _source[end] != quote)
        {
            hasEscapes |= _source[end] == '\\';
            end += _source[end] == '\\' ? 2 : 1;
        }

        if (end >= _source.Length)
        {
            throw new JinjaException("A string is not closed.");
        }

        string text = _source[(start + 1)..end];
        _tokens.Add(new(JinjaTokenKind.String, hasEscapes ? Unescape(text) : text, start));
        _at = end + 1;
    }

    // Python's escapes; a backslash before anything else stays.
    private static string Unescape(string text)
    {
        StringBuilder result = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                result.Append(text[i]);
                continue;
            }

            char code = text[++i];
            int digits = code switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (digits > 0)
            {
                result.Append(Character(text, i + 1, digits));
                i += digits;
            }
            else if (code is >= '0' and <= '7')
            {
                int value = 0;
                int last = Math.Min(i + 3, text.Length);
                for (; i < last && text[i] is >= '0' and <= '7'; i++)
                {
                    value = (value * 8) + text[i] - '0';
                }

                i--;
                result.Append((char)value);
            }
            else
            {
                result.Append(code switch
                {
                    'n' => "\n",
                    't' => "\t",
                    'r' => "\r",
                    'b' => "\b",
                    'f' => "\f",
                    'v' => "\v",
                    'a' => "\a",
                    '\n' => string.Empty,
                    '\\' or '\'' or '"' => code.ToString(),
                    _ => $"\\{code}",
                });
            }
        }

        return result.ToString();
    }

    private static string Character(string text, int start, int digits) =>
        start + digits <= text.Length && int.TryParse(text.AsSpan(start, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value) && value is >= 0 and <= 0x10FFFF
            ? value > 0xFFFF ? char.ConvertFromUtf32(value) : ((char)value).ToString()
            : throw new JinjaException("A string holds an escape that names no character.");
}
