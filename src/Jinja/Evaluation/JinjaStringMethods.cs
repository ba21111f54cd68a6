using System.Buffers;
using System.Collections.Frozen;
using CurKv.Jinja.Values;

namespace CurKv.Jinja.Evaluation;

/// <summary>The methods of Python's strings.</summary>
internal static class JinjaStringMethods
{
    private static readonly FrozenDictionary<string, JinjaBuiltin> All = new Dictionary<string, JinjaBuiltin>
    {
        ["strip"] = (run, text, arguments) => Strip(run, text, arguments, start: true, end: true),
        ["lstrip"] = (run, text, arguments) => Strip(run, text, arguments, start: true, end: false),
        ["rstrip"] = (run, text, arguments) => Strip(run, text, arguments, start: false, end: true),
        ["split"] = (run, text, arguments) => Split(run, text, arguments, fromEnd: false),
        ["rsplit"] = (run, text, arguments) => Split(run, text, arguments, fromEnd: true),
        ["splitlines"] = SplitLines,
        ["partition"] = (run, text, arguments) => Partition(run, text, arguments, last: false),
        ["rpartition"] = (run, text, arguments) => Partition(run, text, arguments, last: true),
        ["startswith"] = (run, text, arguments) => HasAny(run, arguments, part => Of(text).StartsWith(part, StringComparison.Ordinal)),
        ["endswith"] = (run, text, arguments) => HasAny(run, arguments, part => Of(text).EndsWith(part, StringComparison.Ordinal)),
        ["removeprefix"] = (run, text, arguments) => RemoveAffix(run, (JinjaString)text, Text(arguments, 0), atEnd: false),
        ["removesuffix"] = (run, text, arguments) => RemoveAffix(run, (JinjaString)text, Text(arguments, 0), atEnd: true),
        ["upper"] = (run, text, _) => Change(run, text, value => value.ToUpperInvariant()),
        ["lower"] = (run, text, _) => Change(run, text, value => value.ToLowerInvariant()),
        ["casefold"] = (run, text, _) => Change(run, text, value => value.ToLowerInvariant()),
        ["title"] = (run, text, _) => Change(run, text, PythonText.Title),
        ["capitalize"] = (run, text, _) => Change(run, text, PythonText.Capitalize),
        ["swapcase"] = (run, text, _) => Change(run, text, value => string.Concat(value.Select(c => char.IsUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c)))),
        ["replace"] = Replace,
        ["join"] = (run, text, arguments) => Join(run, (JinjaString)text, run.Iterate(Required(arguments, 0))),
        ["format"] = (run, text, arguments) => PythonFormat.Braces(run, (JinjaString)text, arguments),
        ["find"] = (run, text, arguments) => Find(run, text, arguments, last: false),
        ["rfind"] = (run, text, arguments) => Find(run, text, arguments, last: true),
        ["index"] = (run, text, arguments) => Find(run, text, arguments, last: false) is { Value.Sign: >= 0 } found ? found : throw new JinjaException("The part is not found in the string."),
        ["count"] = Count,
        ["isdigit"] = (run, text, _) => IsAll(run, text, char.IsDigit),
        ["isdecimal"] = (run, text, _) => IsAll(run, text, char.IsDigit),
        ["isnumeric"] = (run, text, _) => IsAll(run, text, char.IsNumber),
        ["isalpha"] = (run, text, _) => IsAll(run, text, char.IsLetter),
        ["isalnum"] = (run, text, _) => IsAll(run, text, char.IsLetterOrDigit),
        ["isspace"] = (run, text, _) => IsAll(run, text, PythonText.IsSpace),
        ["isupper"] = (run, text, _) => JinjaBoolean.Of(run.Test("upper", text, JinjaArguments.None)),
        ["islower"] = (run, text, _) => JinjaBoolean.Of(run.Test("lower", text, JinjaArguments.None)),
        ["ljust"] = (run, text, arguments) => Pad(run, text, arguments, width => (0, width)),
        ["rjust"] = (run, text, arguments) => Pad(run, text, arguments, width => (width, 0)),
        ["center"] = Center,
        ["zfill"] = FillZeros,
    }.ToFrozenDictionary();

    private static readonly SearchValues<char> LineEnds = SearchValues.Create("\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029");

    /// <summary>Finds a method.</summary>
    /// <returns>The method, bound to the string, or null where there is none of this name.</returns>
    public static JinjaFunction? Find(JinjaString text, string name) => All.TryGetValue(name, out JinjaBuiltin? method) ? new JinjaFunction(name, text, method) : null;

    /// <summary>Takes white space, or characters of a set, from a string's ends.</summary>
    public static JinjaString Strip(JinjaInterpreter run, JinjaString text, string? characters, bool start = true, bool end = true)
    {
        run.Budget.Scan(text.Text.Length);
        int first = start ? PythonText.CountStart(text.Text, characters) : 0;
        int last = end ? PythonText.CountEnd(text.Text.AsSpan(first), characters) : 0;
        return text.Slice(run.Budget, first, text.Text.Length - first - last);
    }

    /// <summary>Replaces a part wherever it stands, or as often as is said.</summary>
    public static JinjaString Replace(JinjaInterpreter run, JinjaString text, JinjaString old, JinjaString replacement, int? count)
    {
        run.Budget.Search(text.Text.Length, old.Text.Length);
        int limit = count is null or < 0 ? int.MaxValue : count.Value;
        if (limit == 0 || !text.Text.Contains(old.Text, StringComparison.Ordinal))
        {
            return text;
        }

        JinjaStringBuilder result = new(run.Budget);
        int start = 0;
        for (int i = 0; i < limit; i++)
        {
            // An empty part stands before every character, and at the end.
            int found = old.Text.Length > 0 ? text.Text.IndexOf(old.Text, start, StringComparison.Ordinal) : i <= text.Text.Length ? i : -1;
            if (found < 0)
            {
                break;
            }

            result.Append(text, start, found - start);
            result.Append(replacement);
            start = found + old.Text.Length;
        }

        result.Append(text, start, text.Text.Length - start);
        return result.ToJinjaString();
    }

    /// <summary>Puts strings together, with another one in between.</summary>
    public static JinjaString Join(JinjaInterpreter run, JinjaString separator, List<JinjaValue> items)
    {
        JinjaStringBuilder result = new(run.Budget);
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0)
            {
                result.Append(separator);
            }

            JinjaPrinter.Print(run.Budget, result, items[i] is JinjaString ? items[i] : throw new JinjaException($"A '{items[i].TypeName}' cannot be joined: only strings."));
        }

        return result.ToJinjaString();
    }

    /// <summary>Changes a string's letters.</summary>
    public static JinjaString Change(JinjaInterpreter run, JinjaValue text, Func<string, string> change)
    {
        JinjaString value = (JinjaString)text;
        run.Budget.Characters(value.Text.Length);
        return value.WithText(change(value.Text));
    }

    private static string Of(JinjaValue text) => ((JinjaString)text).Text;

    private static JinjaValue Required(JinjaArguments arguments, int index) =>
        index < arguments.Positional.Count ? arguments.Positional[index] : throw new JinjaException("The method lacks an argument.");

    private static JinjaString Text(JinjaArguments arguments, int index) =>
        Required(arguments, index) as JinjaString ?? throw new JinjaException($"The method takes a string, not a '{arguments.Positional[index].TypeName}'.");

    private static JinjaBoolean IsAll(JinjaInterpreter run, JinjaValue text, Func<char, bool> test)
    {
        run.Budget.Scan(Of(text).Length);
        return JinjaBoolean.Of(Of(text).Length > 0 && Of(text).All(test));
    }

    private static JinjaBoolean HasAny(JinjaInterpreter run, JinjaArguments arguments, Predicate<string> test)
    {
        IEnumerable<JinjaValue> parts = Required(arguments, 0) is JinjaList several ? run.Iterate(several) : [Text(arguments, 0)];
        return JinjaBoolean.Of(parts.OfType<JinjaString>().Any(part =>
        {
            run.Budget.Scan(part.Text.Length);
            return test(part.Text);
        }));
    }

    private static JinjaString Strip(JinjaInterpreter run, JinjaValue text, JinjaArguments arguments, bool start, bool end) =>
        Strip(run, (JinjaString)text, (arguments.Bind("chars")[0] as JinjaString)?.Text, start, end);

    private static JinjaString RemoveAffix(JinjaInterpreter run, JinjaString text, JinjaString affix, bool atEnd)
    {
        run.Budget.Scan(affix.Text.Length);
        bool found = atEnd ? text.Text.EndsWith(affix.Text, StringComparison.Ordinal) : text.Text.StartsWith(affix.Text, StringComparison.Ordinal);
        return found ? text.Slice(run.Budget, atEnd ? 0 : affix.Text.Length, text.Text.Length - affix.Text.Length) : text;
    }

    private static JinjaString Replace(JinjaInterpreter run, JinjaValue text, JinjaArguments arguments)
    {
        JinjaValue? count = arguments.Bind("old", "new", "count")[2];
        return Replace(run, (JinjaString)text, Text(arguments, 0), Text(arguments, 1), count is null ? null : JinjaNumbers.ToIndex(count));
    }

    private static JinjaList Split(JinjaInterpreter run, JinjaValue text, JinjaArguments arguments, bool fromEnd)
    {
        JinjaValue?[] values = arguments.Bind("sep", "maxsplit");
        int limit = values[1] is { } given && JinjaNumbers.ToIndex(given) is >= 0 and var most ? most : int.MaxValue;
        JinjaString value = (JinjaString)text;
        string? separator = (values[0] as JinjaString)?.Text;
        run.Budget.Search(value.Text.Length, separator?.Length ?? 1);
        if (separator is { Length: 0 })
        {
            throw new JinjaException("An empty separator splits nothing.");
        }

        List<JinjaValue> parts = separator is null ? SplitAtSpace(run, value, limit, fromEnd) : fromEnd ? SplitFromEnd(run, value, separator, limit) : SplitFromStart(run, value, separator, limit);
        return new JinjaList(parts);
    }

    private static List<JinjaValue> SplitFromStart(JinjaInterpreter run, JinjaString text, string separator, int limit)
    {
        List<JinjaValue> parts = [];
        int start = 0;
        int found;
        while (parts.Count < limit && (found = text.Text.IndexOf(separator, start, StringComparison.Ordinal)) >= 0)
        {
            Add(run, parts, text, start, found);
            start = found + separator.Length;
        }

        Add(run, parts, text, start, text.Text.Length);
        return parts;
    }

    private static List<JinjaValue> SplitFromEnd(JinjaInterpreter run, JinjaString text, string separator, int limit)
    {
        List<JinjaValue> parts = [];
        int end = text.Text.Length;
        int found;
        while (parts.Count < limit && (found = text.Text.AsSpan(0, end).LastIndexOf(separator, StringComparison.Ordinal)) >= 0)
        {
            Add(run, parts, text, found + separator.Length, end);
            end = found;
        }

        Add(run, parts, text, 0, end);
        parts.Reverse();
        return parts;
    }

    private static List<JinjaValue> SplitAtSpace(JinjaInterpreter run, JinjaString text, int limit, bool fromEnd)
    {
        List<JinjaValue> parts = [];
        int start = PythonText.CountStart(text.Text, null);
        int end = text.Text.Length - PythonText.CountEnd(text.Text.AsSpan(start), null);
        while (start < end)
        {
            if (parts.Count == limit)
            {
                // The rest keeps the white space at its far end.
                Add(run, parts, text, fromEnd ? 0 : start, fromEnd ? end : text.Text.Length);
                break;
            }

            int at = fromEnd ? end - 1 : start;
            while (at >= start && at < end && !PythonText.IsSpace(text.Text[at]))
            {
                at += fromEnd ? -1 : 1;
            }

            Add(run, parts, text, fromEnd ? at + 1 : start, fromEnd ? end : at);
            start = fromEnd ? start : at + PythonText.CountStart(text.Text.AsSpan(at, end - at), null);
            end = fromEnd ? at + 1 - PythonText.CountEnd(text.Text.AsSpan(0, at + 1), null) : end;
        }

        if (fromEnd)
        {
            parts.Reverse();
        }

        return parts;
    }

    private static void Add(JinjaInterpreter run, List<JinjaValue> parts, JinjaString text, int start, int end)
    {
        run.Budget.Item(parts.Count + 1);
        parts.Add(text.Slice(run.Budget, start, end - start));
    }

    private static JinjaList SplitLines(JinjaInterpreter run, JinjaValue text, JinjaArguments arguments)
    {
        bool keepEnds = arguments.Bind("keepends")[0]?.IsTrue == true;
        JinjaString value = (JinjaString)text;
        List<JinjaValue> lines = [];
        int start = 0;
        while (start < value.Text.Length)
        {
            int length = value.Text.AsSpan(start).IndexOfAny(LineEnds);
            int end = length < 0 ? value.Text.Length : start + length;
            int next = end == value.Text.Length ? end : end + (value.Text.AsSpan(end).StartsWith("\r\n", StringComparison.Ordinal) ? 2 : 1);
            Add(run, lines, value, start, keepEnds ? next : end);
            start = next;
        }

        return new JinjaList(lines);
    }

    private static JinjaList Partition(JinjaInterpreter run, JinjaValue text, JinjaArguments arguments, bool last)
    {
        JinjaString value = (JinjaString)text;
        JinjaString separator = Text(arguments, 0);
        run.Budget.Search(value.Text.Length, separator.Text.Length);
        int found = last ? value.Text.LastIndexOf(separator.Text, StringComparison.Ordinal) : value.Text.IndexOf(separator.Text, StringComparison.Ordinal);
        int behind = found + separator.Text.Length;
        return new JinjaList(
            found >= 0 ? [value.Slice(run.Budget, 0, found), value.Slice(run.Budget, found, separator.Text.Length), value.Slice(run.Budget, behind, value.Text.Length - behind)]
            : last ? [JinjaString.Empty, JinjaString.Empty, value]
            : [value, JinjaString.Empty, JinjaString.Empty],
            JinjaListKind.Tuple);
    }

    private static JinjaInteger Find(JinjaInterpreter run, JinjaValue text, JinjaArguments arguments, bool last)
    {
        JinjaString value = (JinjaString)text;
        JinjaString part = Text(arguments, 0);
        run.Budget.Search(value.Text.Length, part.Text.Length);
        int from = arguments.Positional.Count > 1 ? JinjaSlices.Offset(run.Budget, value, JinjaNumbers.ToIndex(arguments.Positional[1])) : 0;
        int to = arguments.Positional.Count > 2 ? JinjaSlices.Offset(run.Budget, value, JinjaNumbers.ToIndex(arguments.Positional[2])) : value.Text.Length;
        ReadOnlySpan<char> searched = from <= to ? value.Text.AsSpan(from, to - from) : [];
        int found = last ? searched.LastIndexOf(part.Text, StringComparison.Ordinal) : searched.IndexOf(part.Text, StringComparison.Ordinal);
        return new JinjaInteger(found < 0 ? -1 : JinjaSlices.Length(run.Budget, value.Slice(run.Budget, 0, from + found)));
    }

    private static JinjaInteger Count(JinjaInterpreter run, JinjaValue text, JinjaArguments arguments)
    {
        string part = Text(arguments, 0).Text;
        run.Budget.Search(Of(text).Length, part.Length);
        return new JinjaInteger(part.Length == 0 ? JinjaSlices.Length(run.Budget, (JinjaString)text) + 1 : Of(text).AsSpan().Count(part));
    }

    // Python puts an odd blank to the left where the width is odd.
    private static JinjaString Center(JinjaInterpreter run, JinjaValue text, JinjaArguments arguments)
    {
        int odd = JinjaNumbers.ToIndex(Required(arguments, 0)) & 1;
        return Pad(run, text, arguments, width => (width / 2) + (width & odd) is var left ? (left, width - left) : default);
    }

    private static JinjaString Pad(JinjaInterpreter run, JinjaValue text, JinjaArguments arguments, Func<int, (int Left, int Right)> divide)
    {
        JinjaString value = (JinjaString)text;
        char fill = arguments.Positional.Count > 1 && Text(arguments, 1).Text is [var given, ..] ? given : ' ';
        (int left, int right) = divide(Math.Max(JinjaNumbers.ToIndex(Required(arguments, 0)) - JinjaSlices.Length(run.Budget, value), 0));
        run.Budget.Characters(0, (long)value.Text.Length + left + right);
        JinjaStringBuilder result = new(run.Budget);
        result.Append(new string(fill, left));
        result.Append(value);
        result.Append(new string(fill, right));
        return result.ToJinjaString();
    }

    private static JinjaString FillZeros(JinjaInterpreter run, JinjaValue text, JinjaArguments arguments)
    {
        JinjaString value = (JinjaString)text;
        int sign = value.Text is ['+' or '-', ..] ? 1 : 0;
        int zeros = Math.Max(JinjaNumbers.ToIndex(Required(arguments, 0)) - value.Text.Length, 0);
        run.Budget.Characters(0, (long)value.Text.Length + zeros);
        JinjaStringBuilder result = new(run.Budget);
        result.Append(value, 0, sign);
        result.Append(new string('0', zeros));
        result.Append(value, sign, value.Text.Length - sign);
        return result.ToJinjaString();
    }
}
