using System.Buffers;

namespace CurKv.Connector.Engine;

/// <summary>
/// Refuses the grammars on which llama.cpp's parser would not return null but end the process: it recurses at every parenthesis, and
/// writes out repetitions one by one; and those with long rows of optional items, of which one token would take seconds. What is merely
/// wrong is left to it.
/// </summary>
internal ref struct GrammarGuard
{
    private const int MaxLength = 1 << 20;
    private const int MaxNesting = 256;
    private const int MaxRepeated = 1 << 18;
    private const int MaxRules = 1 << 16;

    private readonly string _grammar;
    private readonly ReadOnlySpan<char> _text;
    private int _at;
    private int _nesting;
    private int _itemLength;
    private long _repeated;
    private long _rules;
    private bool _namesTokens;

    private GrammarGuard(string grammar)
    {
        _grammar = grammar;
        _text = grammar;
    }

    /// <summary>Checks a grammar.</summary>
    /// <returns>
    /// A bound on the rules that it has once repetitions are written out, and with that on how deep they refer to each other; its size, in
    /// characters and elements that repetitions write out; and whether it names tokens, not only characters.
    /// </returns>
    /// <exception cref="LlamaGrammarException">llama.cpp must not see it.</exception>
    public static (int Rules, int Size, bool NamesTokens) Check(string grammar)
    {
        var guard = new GrammarGuard(grammar);
        guard.CheckText();
        guard.Scan();
        guard.Require(
            GrammarOptionals.Longest(grammar) <= GrammarOptionals.Limit,
            $"has more than {GrammarOptionals.Limit} optional items in a row. Repeat what takes a character at least, as in (\"a\" | \"b\"){{0,200}}");
        return ((int)guard._rules, grammar.Length + (int)guard._repeated, guard._namesTokens);
    }

    private readonly void CheckText()
    {
        Require(!string.IsNullOrWhiteSpace(_grammar), "is empty. Leave it null for none");
        Require(_text.Length <= MaxLength, $"has {_text.Length} characters. Keep it to {MaxLength}");
        Require(!_text.Contains('\0'), "holds a NUL character, at which llama.cpp would end it. Remove it");
        for (ReadOnlySpan<char> rest = _text; !rest.IsEmpty;)
        {
            Require(System.Text.Rune.DecodeFromUtf16(rest, out _, out int length) == OperationStatus.Done, "holds half of a surrogate pair. Write whole characters");
            rest = rest[length..];
        }
    }

    private void Scan()
    {
        while (_at < _text.Length)
        {
            switch (_text[_at])
            {
                case '#':
                    Skip('\n', escapes: false);
                    break;
                case '"':
                    _itemLength = Skip('"', escapes: true);
                    break;
                case '[':
                    _itemLength = Skip(']', escapes: true);
                    break;
                case '{':
                    Repetition();
                    break;
                default:
                    Plain(_text[_at++]);
                    break;
            }

            Require(_repeated <= MaxRepeated && _rules <= MaxRules, "is too large once its repetitions are written out. Lower their bounds, or use * and +");
        }
    }

    private void Plain(char character)
    {
        _nesting += character is '(' ? 1 : character is ')' ? -1 : 0;
        Require(_nesting <= MaxNesting, $"nests parentheses deeper than {MaxNesting}. Give the inner ones rules of their own");

        // Groups and repetitions become rules, and so does what stands before ::=. A name repeats as one element.
        _rules += character is '(' or '*' or '+' or '?' or '=' ? 1 : 0;
        _namesTokens |= character is '<' or '!';
        _itemLength = char.IsWhiteSpace(character) ? _itemLength : 1;
    }

    // How far it is to a character's next appearance, which is skipped too.
    private int Skip(char end, bool escapes)
    {
        int start = _at++;
        while (_at < _text.Length && _text[_at] != end)
        {
            _at += escapes && _text[_at] == '\\' ? 2 : 1;
        }

        _at = Math.Min(_at + 1, _text.Length);
        return _at - start;
    }

    private void Repetition()
    {
        int start = _at + 1;
        Skip('}', escapes: false);
        ReadOnlySpan<char> bounds = _text[start.._at].TrimEnd('}');
        int comma = bounds.IndexOf(',');
        bool isNumber = int.TryParse(comma < 0 ? bounds : bounds[..comma], out int low);
        int high = low;
        isNumber &= comma < 0 || bounds[(comma + 1)..].IsWhiteSpace() || int.TryParse(bounds[(comma + 1)..], out high);
        if (!isNumber)
        {
            return;
        }

        // llama.cpp takes the difference without a sign, and counts to the end of memory.
        Require(high >= low, $"repeats {{{bounds}}}, whose upper bound is below the lower one. Swap them");
        _repeated += (long)high * _itemLength;
        _rules += high;
    }

    private readonly void Require(bool isMet, string problem)
    {
        if (!isMet)
        {
            throw new LlamaGrammarException(_grammar, $"The grammar {problem}.");
        }
    }
}
