using System.Text;
using CurKv.Jinja.Evaluation;

namespace CurKv.Jinja.Values;

/// <summary>Puts strings together and keeps where their parts came from. Not thread-safe.</summary>
/// <param name="budget">Pays for the characters.</param>
/// <param name="maximum">How many characters there may be; null: the limit of any string.</param>
internal sealed class JinjaStringBuilder(JinjaBudget budget, int? maximum = null)
{
    private readonly StringBuilder _text = new();
    private readonly List<JinjaSource> _sources = [];

    /// <summary>How many characters there are.</summary>
    public int Length => _text.Length;

    /// <summary>Adds text of the template.</summary>
    public void Append(ReadOnlySpan<char> text)
    {
        budget.Characters(text.Length, _text.Length + (long)text.Length, maximum);
        _text.Append(text);
    }

    /// <summary>Adds text from a place in the context; null: of the template.</summary>
    public void Append(ReadOnlySpan<char> text, JinjaOrigin? origin)
    {
        if (origin is not null)
        {
            AddSource(_text.Length, text.Length, origin);
        }

        Append(text);
    }

    /// <summary>Adds a string.</summary>
    public void Append(JinjaString text) => Append(text, 0, text.Text.Length);

    /// <summary>Adds a part of a string.</summary>
    public void Append(JinjaString text, int start, int length)
    {
        ReadOnlySpan<JinjaSource> sources = text.Sources;
        int end = start + length;
        for (int i = sources.IsEmpty ? 0 : text.FirstSource(start); i < sources.Length && sources[i].Start < end; i++)
        {
            int from = Math.Max(sources[i].Start, start);
            AddSource(_text.Length + from - start, Math.Min(sources[i].End, end) - from, sources[i].Origin);
        }

        Append(text.Text.AsSpan(start, length));
    }

    /// <summary>Marks all from a place on as one part from the context.</summary>
    public void MarkFrom(int start, JinjaOrigin origin)
    {
        while (_sources.Count > 0 && _sources[^1].Start >= start)
        {
            _sources.RemoveAt(_sources.Count - 1);
        }

        AddSource(start, _text.Length - start, origin);
    }

    /// <summary>The string.</summary>
    public JinjaString ToJinjaString() => _text.Length == 0 ? JinjaString.Empty : new JinjaString(_text.ToString(), [.. _sources]);

    /// <summary>The rendered template.</summary>
    public JinjaOutput ToOutput() => new(_text.ToString(), _sources.ConvertAll(source => new JinjaSpan(source.Start..source.End, source.Origin.ToString())));

    private void AddSource(int start, int length, JinjaOrigin origin)
    {
        if (length == 0)
        {
            return;
        }

        if (_sources.Count > 0 && _sources[^1] is var last && last.End == start && ReferenceEquals(last.Origin, origin))
        {
            _sources[^1] = last with { Length = last.Length + length };
        }
        else
        {
            _sources.Add(new JinjaSource(start, length, origin));
        }
    }
}
