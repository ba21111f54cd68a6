using CurKv.Jinja.Evaluation;

namespace CurKv.Jinja.Values;

/// <summary>A string that knows which of its characters came from the context. Immutable.</summary>
internal sealed class JinjaString : JinjaValue
{
    private readonly JinjaSource[] _sources;

    /// <summary>A string of the template itself.</summary>
    public JinjaString(string text)
        : this(text, [])
    {
    }

    /// <summary>A string of the context.</summary>
    public JinjaString(string text, JinjaOrigin origin)
        : this(text, text.Length == 0 ? [] : [new JinjaSource(0, text.Length, origin)])
    {
    }

    /// <summary>A string of several parts.</summary>
    /// <param name="text">The text.</param>
    /// <param name="sources">Its parts that came from the context; ascending, not overlapping.</param>
    public JinjaString(string text, JinjaSource[] sources)
    {
        Text = text;
        _sources = sources;
    }

    /// <summary>The empty string.</summary>
    public static JinjaString Empty { get; } = new(string.Empty);

    /// <summary>The text.</summary>
    public string Text { get; }

    /// <summary>The parts that came from the context; ascending, not overlapping.</summary>
    public ReadOnlySpan<JinjaSource> Sources => _sources;

    /// <inheritdoc/>
    public override string TypeName => "str";

    /// <inheritdoc/>
    public override bool IsTrue => Text.Length > 0;

    /// <summary>Where the string's first part from the context came from; null where it has none.</summary>
    public JinjaOrigin? FirstOrigin => _sources.Length > 0 ? _sources[0].Origin : null;

    /// <inheritdoc/>
    public override JinjaValue? Attribute(string name) => JinjaStringMethods.Find(this, name);

    /// <summary>A part of the string.</summary>
    /// <param name="budget">Pays for the copy.</param>
    /// <param name="start">The part's first character.</param>
    /// <param name="length">How many characters it has.</param>
    public JinjaString Slice(JinjaBudget budget, int start, int length)
    {
        if (length == Text.Length)
        {
            return this;
        }

        budget.Characters(length);
        return length == 0 ? Empty : new JinjaString(Text.Substring(start, length), Cut(start, start + length));
    }

    /// <summary>The same parts over a text of the same length: what a change of case gives.</summary>
    public JinjaString WithText(string text) => text.Length == Text.Length
        ? new JinjaString(text, _sources)
        : FirstOrigin is { } origin ? new JinjaString(text, origin) : new JinjaString(text);

    /// <summary>Where a character came from; null where the template wrote it.</summary>
    public JinjaOrigin? OriginAt(int index)
    {
        int source = FirstSource(index);
        return source < _sources.Length && _sources[source].Start <= index ? _sources[source].Origin : null;
    }

    /// <summary>The index of the first part that ends behind a character.</summary>
    public int FirstSource(int start)
    {
        int low = 0;
        int high = _sources.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _sources[middle].End > start ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private JinjaSource[] Cut(int start, int end)
    {
        int first = FirstSource(start);
        int last = first;
        while (last < _sources.Length && _sources[last].Start < end)
        {
            last++;
        }

        JinjaSource[] result = _sources[first..last];
        for (int i = 0; i < result.Length; i++)
        {
            int from = Math.Max(result[i].Start, start);
            result[i] = new JinjaSource(from - start, Math.Min(result[i].End, end) - from, result[i].Origin);
        }

        return result;
    }
}
