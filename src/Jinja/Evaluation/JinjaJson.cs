using System.Globalization;
using CurKv.Jinja.Values;

namespace CurKv.Jinja.Evaluation;

/// <summary>Writes values as Python's <c>json.dumps</c> does, with the settings of Hugging Face's <c>tojson</c>. One object writes one value.</summary>
/// <param name="budget">Pays for it.</param>
internal sealed class JinjaJson(JinjaBudget budget)
{
    private readonly JinjaStringBuilder _builder = new(budget);
    private int _level;

    /// <summary>What one level is indented by; null: all on one line.</summary>
    public string? Indent { get; init; }

    /// <summary>What stands between items.</summary>
    public required string ItemSeparator { get; init; }

    /// <summary>What stands behind a key.</summary>
    public required string KeySeparator { get; init; }

    /// <summary>Whether all but ASCII is escaped.</summary>
    public bool EnsureAscii { get; init; }

    /// <summary>Whether members are ordered by their keys.</summary>
    public bool SortKeys { get; init; }

    /// <summary>Writes a value.</summary>
    /// <exception cref="JinjaException">JSON has nothing like it, as for what is undefined.</exception>
    public JinjaString Write(JinjaValue value)
    {
        Add(value);
        return _builder.ToJinjaString();
    }

    private void Add(JinjaValue value)
    {
        budget.Step();
        switch (value)
        {
            case JinjaString text:
                AddString(text);
                break;
            case JinjaList list:
                AddItems('[', ']', list.Items, list.Origin, Add);
                break;
            case JinjaDict dictionary:
                IEnumerable<KeyValuePair<JinjaValue, JinjaValue>> members = SortKeys
                    ? dictionary.Items.OrderBy(member => KeyText(member.Key).Text, StringComparer.Ordinal)
                    : dictionary.Items;
                AddItems('{', '}', [.. members], dictionary.Origin, AddMember);
                break;
            default:
                _builder.Append(Scalar(value));
                break;
        }
    }

    private void AddMember(KeyValuePair<JinjaValue, JinjaValue> member)
    {
        AddString(KeyText(member.Key));
        _builder.Append(KeySeparator);
        Add(member.Value);
    }

    private void AddItems<T>(char open, char close, List<T> items, JinjaOrigin? origin, Action<T> add)
    {
        budget.Enter();
        int start = _builder.Length;
        _builder.Append([open]);
        _level++;
        for (int i = 0; i < items.Count; i++)
        {
            _builder.Append(i > 0 ? ItemSeparator : string.Empty);
            BreakLine();
            add(items[i]);
        }

        _level--;
        if (items.Count > 0)
        {
            BreakLine();
        }

        _builder.Append([close]);
        if (origin is not null)
        {
            _builder.MarkFrom(start, origin);
        }

        budget.Leave();
    }

    private void BreakLine()
    {
        if (Indent is null)
        {
            return;
        }

        _builder.Append("\n");
        for (int i = 0; i < _level; i++)
        {
            _builder.Append(Indent);
        }
    }

    private void AddString(JinjaString text)
    {
        _builder.Append("\"");
        int start = 0;
        for (int i = 0; i < text.Text.Length; i++)
        {
            char character = text.Text[i];
            if (character is >= ' ' and not ('"' or '\\') && (character < '\x7f' || !EnsureAscii))
            {
                continue;
            }

            _builder.Append(text, start, i - start);
            _builder.Append(Escape(character), text.OriginAt(i));
            start = i + 1;
        }

        _builder.Append(text, start, text.Text.Length - start);
        _builder.Append("\"");
    }

    private static string Escape(char character) => character switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\b' => "\\b",
        '\f' => "\\f",
        _ => $"\\u{(int)character:x4}",
    };

    private static JinjaString KeyText(JinjaValue key) => key as JinjaString ?? new JinjaString(Scalar(key));

    private static string Scalar(JinjaValue value) => value switch
    {
        JinjaNone => "null",
        JinjaBoolean => value.IsTrue ? "true" : "false",
        JinjaInteger integer => integer.Value.ToString(CultureInfo.InvariantCulture),
        JinjaFloat real => PythonText.Float(real.Value) switch { "nan" => "NaN", "inf" => "Infinity", "-inf" => "-Infinity", var text => text },
        JinjaUndefined undefined => throw undefined.Error(),
        _ => throw new JinjaException($"A '{value.TypeName}' cannot be written as JSON."),
    };
}
