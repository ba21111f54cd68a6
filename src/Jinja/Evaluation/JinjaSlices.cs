using CurKv.Jinja.Values;

namespace CurKv.Jinja.Evaluation;

/// <summary>Indices and slices as Python has them: negative ones count from the end, and a string's characters are code points.</summary>
internal static class JinjaSlices
{
    /// <summary>How many characters a string has.</summary>
    public static int Length(JinjaBudget budget, JinjaString text) => Starts(budget, text)?.Count - 1 ?? text.Text.Length;

    /// <summary>Where the character of an index begins, within the string's bounds.</summary>
    public static int Offset(JinjaBudget budget, JinjaString text, int index)
    {
        List<int>? starts = Starts(budget, text);
        int length = starts?.Count - 1 ?? text.Text.Length;
        int at = Math.Clamp(index < 0 ? index + length : index, 0, length);
        return starts?[at] ?? at;
    }

    /// <summary>An item of a list; null where there is none.</summary>
    public static JinjaValue? Item(JinjaList list, int index)
    {
        int at = index < 0 ? index + list.Items.Count : index;
        return at >= 0 && at < list.Items.Count ? list.Items[at] : null;
    }

    /// <summary>A character of a string; null where there is none.</summary>
    public static JinjaString? Item(JinjaBudget budget, JinjaString text, int index)
    {
        List<int>? starts = Starts(budget, text);
        int length = starts?.Count - 1 ?? text.Text.Length;
        int at = index < 0 ? index + length : index;
        return at >= 0 && at < length ? Character(budget, text, starts, at) : null;
    }

    /// <summary>A string's characters.</summary>
    public static List<JinjaValue> Characters(JinjaBudget budget, JinjaString text)
    {
        List<int>? starts = Starts(budget, text);
        int length = starts?.Count - 1 ?? text.Text.Length;
        List<JinjaValue> result = new(length);
        for (int i = 0; i < length; i++)
        {
            result.Add(Character(budget, text, starts, i));
        }

        return result;
    }

    /// <summary>A part of a list or a string.</summary>
    /// <param name="budget">Pays for it.</param>
    /// <param name="value">The list or string.</param>
    /// <param name="start">The first index; null: from the end where one steps from.</param>
    /// <param name="stop">The index to stop before; null: at the other end.</param>
    /// <param name="step">The step.</param>
    /// <exception cref="JinjaException">The value has no parts, or the step is zero.</exception>
    public static JinjaValue Slice(JinjaBudget budget, JinjaValue value, int? start, int? stop, int step)
    {
        if (step == 0)
        {
            throw new JinjaException("A slice's step is zero.");
        }

        switch (value)
        {
            case JinjaList list:
                (int from, int count) = Bounds(list.Items.Count, start, stop, step);
                budget.Items(count);
                return new JinjaList([.. Enumerable.Range(0, count).Select(i => list.Items[from + (i * step)])], list.Kind == JinjaListKind.Tuple ? JinjaListKind.Tuple : JinjaListKind.List);
            case JinjaString text:
                return Slice(budget, text, start, stop, step);
            case JinjaUndefined undefined:
                throw undefined.Error();
            default:
                throw new JinjaException($"A '{value.TypeName}' cannot be sliced.");
        }
    }

    private static JinjaString Slice(JinjaBudget budget, JinjaString text, int? start, int? stop, int step)
    {
        List<int>? starts = Starts(budget, text);
        (int from, int count) = Bounds(starts?.Count - 1 ?? text.Text.Length, start, stop, step);
        if (step == 1)
        {
            int first = starts?[from] ?? from;
            int length = (starts?[from + count] ?? from + count) - first;
            return text.Slice(budget, first, length);
        }

        JinjaStringBuilder result = new(budget);
        for (int i = 0; i < count; i++)
        {
            int at = from + (i * step);
            int first = starts?[at] ?? at;
            result.Append(text, first, (starts?[at + 1] ?? at + 1) - first);
        }

        return result.ToJinjaString();
    }

    // The first index, and how many there are.
    private static (int From, int Count) Bounds(int length, int? start, int? stop, int step)
    {
        int lowest = step > 0 ? 0 : -1;
        int highest = step > 0 ? length : length - 1;
        int from = start is { } first ? Clamp(first) : step > 0 ? lowest : highest;
        int to = stop is { } last ? Clamp(last) : step > 0 ? highest : lowest;
        long count = step > 0 ? ((long)to - from + step - 1) / step : ((long)from - to - step - 1) / -(long)step;
        return (from, (int)Math.Max(count, 0));

        int Clamp(int index) => Math.Clamp(index < 0 ? index + length : index, lowest, Math.Max(highest, lowest));
    }

    private static JinjaString Character(JinjaBudget budget, JinjaString text, List<int>? starts, int index)
    {
        int start = starts?[index] ?? index;
        return text.Slice(budget, start, (starts?[index + 1] ?? index + 1) - start);
    }

    // Where each code point begins, and the end; null where each is one character.
    private static List<int>? Starts(JinjaBudget budget, JinjaString value)
    {
        string text = value.Text;
        budget.Scan(text.Length);
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            return null;
        }

        budget.Characters(text.Length);
        List<int> starts = new(text.Length + 1);
        for (int at = 0; at < text.Length; at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1)
        {
            starts.Add(at);
        }

        starts.Add(text.Length);
        return starts;
    }
}
