namespace CurKv.Connector.Templates.Formats;

/// <summary>Reads a call up to its closing mark, which means nothing inside a JSON string.</summary>
/// <param name="open">The opening mark.</param>
/// <param name="close">The closing mark; without quotation marks.</param>
internal class ClosedCallReader(string open, string close) : CallReader
{
    private JsonScanner _json;
    private int? _end;

    /// <inheritdoc/>
    public override string Text => Read.ToString(0, _end ?? Read.Length);

    /// <summary>Whether a closing mark that ended here would be part of a value.</summary>
    protected virtual bool IsInValue => _json.InString;

    /// <summary>Whether nothing but the closing mark is missing.</summary>
    protected virtual bool IsComplete => _json.IsWhole;

    /// <inheritdoc/>
    public sealed override CallProgress Append(char character)
    {
        Read.Append(character);
        Scan(character);
        if (character != close[^1] || IsInValue || !EndsWithClose())
        {
            return CallProgress.Going;
        }

        _end = Read.Length - close.Length;
        return CallProgress.Whole;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A model that forgets a quotation mark hides the closing mark in a string that never ends. So a closing mark counts now, if
    /// nothing follows it or another call does. Otherwise it is part of a value that the end of the answer cut.
    /// </remarks>
    public sealed override CallProgress Finish(out string rest)
    {
        string read = Read.ToString();
        rest = string.Empty;
        int hidden = read.IndexOf(close, StringComparison.Ordinal);
        if (IsComplete)
        {
            return CallProgress.Whole;
        }

        if (hidden >= 0)
        {
            rest = read[(hidden + close.Length)..];
            if (string.IsNullOrWhiteSpace(rest) || rest.AsSpan().TrimStart().StartsWith(open))
            {
                _end = hidden;
                return CallProgress.Whole;
            }

            rest = string.Empty;
        }

        return CallProgress.Going;
    }

    /// <summary>Follows the text.</summary>
    protected virtual void Scan(char character) => _json.Append(character);

    private bool EndsWithClose()
    {
        for (int i = 0, at = Read.Length - close.Length; i < close.Length; i++, at++)
        {
            if (at < 0 || Read[at] != close[i])
            {
                return false;
            }
        }

        return true;
    }
}
