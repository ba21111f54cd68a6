using System.Globalization;
using System.Text;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Combined;

namespace CurKv.KvPolicy.Naming;

/// <summary>Reads one name by the grammar of <see cref="KvPolicyCatalog"/> and creates the policies on the way.</summary>
internal sealed class KvPolicyParser
{
    // A name is read by recursion, and its policies score by recursion: neither may run out of stack.
    private const int MaxSigns = 200;
    private const int MaxShown = 40;
    private const char Sum = '+';
    private const string Joining = "Join policies with \"+\", \"*\" or \"|\".";

    // From the loosest to the tightest.
    private static readonly (char Sign, Func<IKvPolicy, double, IKvPolicy, IKvPolicy> Join)[] Operators =
    [
        ('|', static (first, _, second) => new PolicyUnion(first, second)),
        (Sum, static (first, weight, second) => new PolicySum(first, second, weight)),
        ('*', static (first, _, second) => new PolicyProduct(first, second)),
    ];

    private readonly string _text;
    private readonly IReadOnlyDictionary<string, KvPolicyDefinition> _definitions;
    private int _at;
    private int _signs;

    private KvPolicyParser(string text, IReadOnlyDictionary<string, KvPolicyDefinition> definitions)
    {
        _text = text;
        _definitions = definitions;
    }

    /// <summary>Creates the policy that a text names.</summary>
    /// <exception cref="KvPolicyNameException">It names none.</exception>
    public static IKvPolicy Parse(string text, IReadOnlyDictionary<string, KvPolicyDefinition> definitions)
    {
        var parser = new KvPolicyParser(text, definitions);
        IKvPolicy policy = parser.Expression(0);
        parser.SkipSpace();
        return parser._at == text.Length ? policy : throw parser.Error(parser._at, $"{parser.Next()} is not expected here", Joining);
    }

    /// <summary>Whether a text can stand for a policy.</summary>
    public static bool IsName(string text) => WordLength(text) == text.Length && text.Length > 0;

    private static int WordLength(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || !char.IsAsciiLetter(text[0]))
        {
            return 0;
        }

        int length = 1;
        while (length < text.Length && (char.IsAsciiLetterOrDigit(text[length]) || text[length] == '-'))
        {
            length++;
        }

        return length;
    }

    private IKvPolicy Expression(int level)
    {
        if (level == Operators.Length)
        {
            return Factor();
        }

        (char sign, Func<IKvPolicy, double, IKvPolicy, IKvPolicy> join) = Operators[level];
        IKvPolicy policy = Expression(level + 1);
        while (TryTake(sign))
        {
            int position = _at - 1;
            IKvPolicy first = policy;
            (double weight, int weightPosition) = sign == Sum ? Weight() : (PolicySum.DefaultWeight, _at);
            IKvPolicy second = Expression(level + 1);
            policy = Create(() => join(first, weight, second), parameter => parameter == "weight" ? weightPosition : position);
        }

        return policy;
    }

    /// <summary>The number that a summand may begin with, and where it stands.</summary>
    private (double Weight, int Position) Weight()
    {
        SkipSpace();
        int position = _at;
        string text = Value();
        if (text.Length == 0 || !char.IsAsciiDigit(text[0]))
        {
            _at = position;
            return (PolicySum.DefaultWeight, position);
        }

        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double weight))
        {
            throw Error(position, $"\"{Shown(text)}\" is not a number", "Write a weight such as 4, or 0.5.");
        }

        return TryTake('*') ? (weight, position) : throw Error(_at, $"\"*\" is expected behind a weight, not {Next()}", "Write a summand as 4*curdkv.");
    }

    // A number or a word.
    private string Value()
    {
        int start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '-' or '.'))
        {
            _at++;
        }

        return _text[start.._at];
    }

    private IKvPolicy Factor()
    {
        if (TryTake('('))
        {
            int open = _at - 1;
            IKvPolicy inner = Expression(0);
            Close(open);
            return inner;
        }

        int position = _at;
        string name = Word();
        if (name.Length == 0)
        {
            bool isNumber = position < _text.Length && char.IsAsciiDigit(_text[position]);
            throw Error(position, $"A policy is expected, not {Next()}", isNumber ? "A weight goes behind \"+\": snapkv+4*curdkv." : "Write a name, such as curdkv.");
        }

        if (!_definitions.TryGetValue(name, out KvPolicyDefinition? definition))
        {
            string meant = NearestName.Find(name, _definitions.Keys) is string near ? $"Did you mean \"{near}\"? " : string.Empty;
            throw Error(position, $"There is no policy \"{Shown(name)}\"", $"{meant}Known: {string.Join(", ", _definitions.Values.Select(known => known.Usage))}.");
        }

        KvPolicyArguments arguments = Arguments(definition.Name, position);
        IKvPolicy policy = Create(
            () => definition.Create(arguments),
            parameter =>
            {
                arguments.ThrowIfUnknown();
                return arguments.PositionOf(parameter);
            });
        arguments.ThrowIfUnknown();
        return policy;
    }

    private KvPolicyArguments Arguments(string name, int position)
    {
        var arguments = new KvPolicyArguments(_text, name, position);
        if (TryTake('('))
        {
            int open = _at - 1;
            do
            {
                Argument(arguments);
            }
            while (TryTake(','));
            Close(open);
        }

        return arguments;
    }

    private void Argument(KvPolicyArguments arguments)
    {
        SkipSpace();
        int position = _at;
        string name = Word();
        if (name.Length == 0 || !TryTake('='))
        {
            _at = position;
            arguments.Add(Expression(0), position);
            return;
        }

        SkipSpace();
        int valuePosition = _at;
        string value = Value();
        if (value.Length == 0)
        {
            throw Error(_at, $"\"{Shown(name)}\" has no value", $"Write a number or a word behind \"=\", not {Next()}.");
        }

        arguments.Add(new KvPolicyArgument(name, position, value, valuePosition));
    }

    // What a constructor refuses is refused at the argument.
    private IKvPolicy Create(Func<IKvPolicy> create, Func<string?, int> positionOf)
    {
        try
        {
            return create();
        }
        catch (ArgumentException e) when (e is not KvPolicyNameException)
        {
            string problem = e.Message.Split(" (Parameter '")[0].TrimEnd('.');
            throw new KvPolicyNameException(_text, positionOf(e.ParamName), problem, innerException: e);
        }
    }

    private void Close(int open)
    {
        if (TryTake(')'))
        {
            return;
        }

        throw _at == _text.Length
            ? Error(_at, $"The bracket of character {open + 1} is not closed", "Add \")\".")
            : Error(_at, $"{Next()} is not expected here", $"Close the bracket of character {open + 1} with \")\". {Joining}");
    }

    private string Word()
    {
        int start = _at;
        _at += WordLength(_text.AsSpan(start));
        return _text[start.._at];
    }

    private bool TryTake(char sign)
    {
        SkipSpace();
        if (_at == _text.Length || _text[_at] != sign)
        {
            return false;
        }

        if (++_signs > MaxSigns)
        {
            throw Error(_at, $"There are more than {MaxSigns} brackets and other signs", "Write a simpler policy.");
        }

        _at++;
        return true;
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }
    }

    /// <summary>The next character, as a message shows it.</summary>
    private string Next()
    {
        if (_at == _text.Length)
        {
            return "the end";
        }

        Rune.DecodeFromUtf16(_text.AsSpan(_at), out Rune rune, out _);
        return Rune.IsControl(rune) ? $"U+{rune.Value:X4}" : $"\"{rune}\"";
    }

    private static string Shown(string word) => word.Length <= MaxShown ? word : $"{word[..MaxShown]}…";

    private KvPolicyNameException Error(int position, string problem, string fix) => new(_text, position, problem, fix);
}
