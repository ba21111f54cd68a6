using System.Collections.Frozen;
using System.Globalization;
using System.Numerics;
using CurKv.Jinja.Values;

namespace CurKv.Jinja.Evaluation;

/// <summary>Jinja's filters on values and texts; those on lists are in the other part of the class.</summary>
internal static partial class JinjaFilters
{
    private const int MaxDigits = 1000;

    private static readonly FrozenDictionary<string, JinjaBuiltin> All = new Dictionary<string, JinjaBuiltin>
    {
        ["abs"] = Absolute,
        ["attr"] = (_, value, arguments) => value is JinjaUndefined undefined ? throw undefined.Error()
            : arguments.Bind("name")[0] is JinjaString name && value.Attribute(name.Text) is { } found ? found : new JinjaUndefined("There is no such attribute."),
        ["capitalize"] = (run, value, _) => JinjaStringMethods.Change(run, run.Text(value), PythonText.Capitalize),
        ["center"] = (run, value, arguments) => Method(run, value, "center", new([arguments.Bind("width")[0] ?? new JinjaInteger(80)], [])),
        ["count"] = Length,
        ["d"] = Default,
        ["default"] = Default,
        ["dictsort"] = DictionarySort,
        ["e"] = Escape,
        ["escape"] = Escape,
        ["first"] = (run, value, _) => End(run, value, 0),
        ["float"] = ToFloat,
        ["forceescape"] = Escape,
        ["format"] = (run, value, arguments) => PythonFormat.Percent(run, run.Text(value), arguments.Positional, arguments.Named.Count == 0 ? null : Named(run, arguments)),
        ["groupby"] = GroupBy,
        ["indent"] = Indent,
        ["int"] = ToInteger,
        ["items"] = Items,
        ["join"] = Join,
        ["last"] = (run, value, _) => End(run, value, -1),
        ["length"] = Length,
        ["list"] = (run, value, _) => new JinjaList([.. run.Iterate(value)]),
        ["lower"] = (run, value, _) => JinjaStringMethods.Change(run, run.Text(value), text => text.ToLowerInvariant()),
        ["map"] = Map,
        ["max"] = (run, value, arguments) => Extreme(run, value, arguments, sign: 1),
        ["min"] = (run, value, arguments) => Extreme(run, value, arguments, sign: -1),
        ["pprint"] = (run, value, _) => Represent(run, value),
        ["reject"] = (run, value, arguments) => Select(run, value, arguments, byAttribute: false, wanted: false),
        ["rejectattr"] = (run, value, arguments) => Select(run, value, arguments, byAttribute: true, wanted: false),
        ["replace"] = Replace,
        ["reverse"] = Reverse,
        ["round"] = Round,
        ["safe"] = (run, value, _) => run.Text(value),
        ["select"] = (run, value, arguments) => Select(run, value, arguments, byAttribute: false, wanted: true),
        ["selectattr"] = (run, value, arguments) => Select(run, value, arguments, byAttribute: true, wanted: true),
        ["sort"] = Sort,
        ["string"] = (run, value, _) => run.Text(value),
        ["sum"] = Sum,
        ["title"] = (run, value, _) => JinjaStringMethods.Change(run, run.Text(value), TitleWords),
        ["tojson"] = ToJson,
        ["trim"] = (run, value, arguments) => JinjaStringMethods.Strip(run, run.Text(value), (arguments.Bind("chars")[0] as JinjaString)?.Text),
        ["truncate"] = Truncate,
        ["unique"] = Unique,
        ["upper"] = (run, value, _) => JinjaStringMethods.Change(run, run.Text(value), text => text.ToUpperInvariant()),
        ["wordcount"] = CountWords,
    }.ToFrozenDictionary();

    /// <summary>Finds a filter.</summary>
    /// <returns>The filter, or null where there is none of this name.</returns>
    public static JinjaBuiltin? Find(string name) => All.GetValueOrDefault(name);

    private static JinjaValue Method(JinjaInterpreter run, JinjaValue value, string name, JinjaArguments arguments) =>
        JinjaStringMethods.Find(run.Text(value), name)!.Call(run, arguments);

    private static JinjaValue Absolute(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments) =>
        value is JinjaFloat real ? new JinjaFloat(Math.Abs(real.Value)) : new JinjaInteger(BigInteger.Abs(JinjaNumbers.ToInteger(value)));

    private static JinjaValue Default(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments)
    {
        JinjaValue?[] values = arguments.Bind("default_value", "boolean");
        bool isMissing = value is JinjaUndefined || (values[1]?.IsTrue == true && !value.IsTrue);
        return isMissing ? values[0] ?? JinjaString.Empty : value;
    }

    private static JinjaInteger Length(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments) => new(value switch
    {
        JinjaString text => JinjaSlices.Length(run.Budget, text),
        JinjaList list => list.Items.Count,
        JinjaDict dictionary => dictionary.Items.Count,
        JinjaUndefined => 0,
        _ => throw new JinjaException($"A '{value.TypeName}' has no length."),
    });

    private static JinjaValue ToInteger(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments)
    {
        JinjaValue?[] values = arguments.Bind("default", "base");
        int numberBase = values[1] is { } given ? JinjaNumbers.ToIndex(given) : 10;
        BigInteger? result = value switch
        {
            JinjaString text => ParseInteger(Trimmed(run, text), numberBase),
            JinjaFloat { Value: var real } => double.IsFinite(real) ? new BigInteger(real) : null,
            JinjaInteger or JinjaBoolean => JinjaNumbers.ToInteger(value),
            JinjaUndefined undefined => throw undefined.Error(),
            _ => null,
        };
        return result is null ? values[0] ?? new JinjaInteger(0) : new JinjaInteger(result.Value);
    }

    private static BigInteger? ParseInteger(string text, int numberBase)
    {
        string digits = text.Replace("_", string.Empty, StringComparison.Ordinal);
        if (numberBase == 10)
        {
            return BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger value) ? value
                : ParseFloat(digits) is { } real && double.IsFinite(real) ? new BigInteger(real) : null;
        }

        string prefix = numberBase switch { 16 => "0x", 8 => "0o", 2 => "0b", _ => string.Empty };
        ReadOnlySpan<char> rest = prefix.Length > 0 && digits.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? digits.AsSpan(2) : digits;
        BigInteger result = BigInteger.Zero;
        foreach (char digit in rest)
        {
            int number = char.IsAsciiDigit(digit) ? digit - '0' : char.IsAsciiLetter(digit) ? char.ToLowerInvariant(digit) - 'a' + 10 : int.MaxValue;
            if (number >= numberBase)
            {
                return null;
            }

            result = (result * numberBase) + number;
        }

        return rest.IsEmpty ? null : result;
    }

    // No number is longer than this: the rest of a longer text does not matter.
    private static string Trimmed(JinjaInterpreter run, JinjaString text)
    {
        run.Budget.Scan(text.Text.Length);
        ReadOnlySpan<char> trimmed = text.Text.AsSpan().Trim();
        return trimmed.Length > MaxDigits ? string.Empty : trimmed.ToString();
    }

    private static double? ParseFloat(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : null;

    private static JinjaValue ToFloat(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments)
    {
        double? result = value switch
        {
            JinjaString text => ParseFloat(Trimmed(run, text)),
            JinjaUndefined undefined => throw undefined.Error(),
            _ when JinjaNumbers.IsNumber(value) => JinjaNumbers.ToDouble(value),
            _ => null,
        };
        return result is null ? arguments.Bind("default")[0] ?? new JinjaFloat(0) : new JinjaFloat(result.Value);
    }

    private static JinjaValue Round(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments)
    {
        JinjaValue?[] values = arguments.Bind("precision", "method");
        int precision = values[0] is { } given ? Math.Clamp(JinjaNumbers.ToIndex(given), -15, 15) : 0;
        string method = values[1] is JinjaString name ? name.Text : "common";
        double number = JinjaNumbers.IsNumber(value) ? JinjaNumbers.ToDouble(value) : throw new JinjaException($"A '{value.TypeName}' cannot be rounded.");
        double scale = Math.Pow(10, precision);
        return method switch
        {
            "ceil" => new JinjaFloat(Math.Ceiling(number * scale) / scale),
            "floor" => new JinjaFloat(Math.Floor(number * scale) / scale),
            _ when value is not JinjaFloat => precision >= 0 ? value : new JinjaInteger(new BigInteger(Math.Round(number * scale, MidpointRounding.ToEven) / scale)),
            _ => new JinjaFloat(precision >= 0 ? RoundDecimal(number, precision) : Math.Round(number * scale, MidpointRounding.ToEven) / scale),
        };
    }

    // Rounds what the float really is, not what it prints; a true half goes to the even digit.
    private static double RoundDecimal(double number, int precision)
    {
        const int DigitsThatTell = 30;
        if (!double.IsFinite(number) || Math.Abs(number) >= 1e15)
        {
            return number;
        }

        string exact = number.ToString($"F{precision + DigitsThatTell}", CultureInfo.InvariantCulture).TrimEnd('0');
        int digits = exact.Length - 1 - exact.IndexOf('.', StringComparison.Ordinal);
        char kept = digits == precision + 1 ? exact[..^1].TrimEnd('.')[^1] : '0';
        bool isHalfAboveEven = digits == precision + 1 && exact[^1] == '5' && (kept - '0') % 2 == 0;
        return double.Parse(isHalfAboveEven ? exact[..^1] : number.ToString($"F{precision}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    private static JinjaString Escape(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments)
    {
        JinjaString text = run.Text(value);
        JinjaStringBuilder result = new(run.Budget);
        int start = 0;
        for (int i = 0; i < text.Text.Length; i++)
        {
            string? escape = text.Text[i] switch { '&' => "&amp;", '<' => "&lt;", '>' => "&gt;", '"' => "&#34;", '\'' => "&#39;", _ => null };
            if (escape is not null)
            {
                result.Append(text, start, i - start);
                result.Append(escape, text.OriginAt(i));
                start = i + 1;
            }
        }

        result.Append(text, start, text.Text.Length - start);
        return result.ToJinjaString();
    }

    private static JinjaString Indent(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments)
    {
        JinjaValue?[] values = arguments.Bind("width", "first", "blank");
        JinjaString indent = values[0] is JinjaString given ? given : Spaces(run, values[0] is null ? 4 : JinjaNumbers.ToIndex(values[0]!));
        bool indentsBlank = values[2]?.IsTrue == true;
        JinjaString text = run.Text(value);
        JinjaStringBuilder result = new(run.Budget);
        for (int start = 0; start <= text.Text.Length;)
        {
            int found = text.Text.IndexOf('\n', start);
            int end = found < 0 ? text.Text.Length : found + 1;
            bool isBlank = text.Text.AsSpan(start, end - start) is "" or "\n";
            if (start == 0 ? values[1]?.IsTrue == true : indentsBlank || !isBlank)
            {
                result.Append(indent);
            }

            result.Append(text, start, end - start);
            start = found < 0 ? text.Text.Length + 1 : end;
        }

        return result.ToJinjaString();
    }

    private static JinjaString Spaces(JinjaInterpreter run, int count)
    {
        run.Budget.Characters(Math.Max(count, 0));
        return new JinjaString(new string(' ', Math.Max(count, 0)));
    }

    private static JinjaString Replace(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments)
    {
        JinjaValue?[] values = arguments.Bind("old", "new", "count");
        return JinjaStringMethods.Replace(
            run,
            run.Text(value),
            run.Text(values[0] ?? throw new JinjaException("'replace' needs what is to be replaced.")),
            run.Text(values[1] ?? throw new JinjaException("'replace' needs a replacement.")),
            values[2] is null or JinjaNone ? null : JinjaNumbers.ToIndex(values[2]!));
    }

    // Unlike str.title, Jinja's filter begins words at white space, hyphens and brackets only.
    private static string TitleWords(string text) => string.Create(text.Length, text, static (result, source) =>
    {
        bool isStart = true;
        for (int i = 0; i < source.Length; i++)
        {
            result[i] = isStart ? char.ToUpperInvariant(source[i]) : char.ToLowerInvariant(source[i]);
            isStart = PythonText.IsSpace(source[i]) || source[i] is '-' or '(' or '{' or '[' or '<';
        }
    });

    private static JinjaString Represent(JinjaInterpreter run, JinjaValue value)
    {
        JinjaStringBuilder builder = new(run.Budget);
        JinjaPrinter.Represent(run.Budget, builder, value);
        return builder.ToJinjaString();
    }

    private static JinjaDict Named(JinjaInterpreter run, JinjaArguments arguments)
    {
        JinjaDict result = new();
        foreach ((string name, JinjaValue value) in arguments.Named)
        {
            result.Set(run.Budget, new JinjaString(name), value);
        }

        return result;
    }

    private static JinjaString ToJson(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments)
    {
        JinjaValue?[] values = arguments.Bind("ensure_ascii", "indent", "separators", "sort_keys");
        string? indent = values[1] switch
        {
            null or JinjaNone => null,
            JinjaString text => text.Text,
            var width => Spaces(run, JinjaNumbers.ToIndex(width)).Text,
        };
        List<JinjaValue>? separators = values[2] is JinjaList { Items.Count: 2 } given ? given.Items : null;
        return new JinjaJson(run.Budget)
        {
            EnsureAscii = values[0]?.IsTrue == true,
            Indent = indent,
            ItemSeparator = separators is null ? indent is null ? ", " : "," : run.Text(separators[0]).Text,
            KeySeparator = separators is null ? ": " : run.Text(separators[1]).Text,
            SortKeys = values[3]?.IsTrue == true,
        }.Write(value);
    }

    private static JinjaString Truncate(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments)
    {
        JinjaValue?[] values = arguments.Bind("length", "killwords", "end", "leeway");
        JinjaString text = run.Text(value);
        JinjaString end = values[2] is { } given ? run.Text(given) : new JinjaString("...");
        int length = values[0] is { } most ? JinjaNumbers.ToIndex(most) : 255;
        int leeway = values[3] is { } more ? JinjaNumbers.ToIndex(more) : 5;
        if (JinjaSlices.Length(run.Budget, text) <= (long)length + leeway)
        {
            return text;
        }

        JinjaString cut = text.Slice(run.Budget, 0, JinjaSlices.Offset(run.Budget, text, Math.Max(length - JinjaSlices.Length(run.Budget, end), 0)));
        int space = values[1]?.IsTrue == true ? -1 : cut.Text.LastIndexOf(' ');
        return JinjaOperators.Concatenate(run.Budget, space < 0 ? cut : cut.Slice(run.Budget, 0, space), end);
    }

    private static JinjaInteger CountWords(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments)
    {
        string text = run.Text(value).Text;
        run.Budget.Scan(text.Length);
        int words = 0;
        bool isInWord = false;
        foreach (char character in text)
        {
            bool isWord = char.IsLetterOrDigit(character) || character == '_';
            words += isWord && !isInWord ? 1 : 0;
            isInWord = isWord;
        }

        return new JinjaInteger(words);
    }
}
