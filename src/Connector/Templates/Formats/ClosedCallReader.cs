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
    /// <remarks>A model that forgets the closing mark may go on with the next call: that ends the first one as well.</remarks>
    public sealed override CallProgress Append(char character)
    {
        Read.Append(character);
        Scan(character);
        if (IsInValue)
        {
            return CallProgress.Going;
        }

        if (EndsWith(close))
        {
            _end = Read.Length - close.Length;
            return CallProgress.Whole;
        }

        if (IsComplete && EndsWith(open))
        {
            _end = Read.Length - open.Length;
            Rest = open;
            return CallProgress.Whole;
        }

        return CallProgress.Going;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A model that forgets a quotation mark hides the closing mark in a string that never ends. So a closing mark counts now, if
    /// nothing follows it or another call does. Otherwise it is part of a value that the end of the answer cut.
    /// </remarks>
    public sealed override CallProgress Finish()
    {
        if (IsComplete)
        {
            return CallProgress.Whole;
        }

        string read = Read.ToString();
        int hidden = read.IndexOf(close, StringComparison.Ordinal);
        string rest = hidden < 0 ? read : read[(hidden + close.Length)..];
        if (hidden < 0 || !(string.IsNullOrWhiteSpace(rest) || rest.AsSpan().TrimStart().StartsWith(open)))
        {
            return CallProgress.Going;
        }

        _end = hidden;
        Rest = rest;
        return CallProgress.Whole;
    }

    /// <summary>Follows the text.</summary>
    protected virtual void Scan(char character) => _json.Append(character);

    /// <summary>Whether what is read ends with a mark.</summary>
    protected bool EndsWith(string mark)
    {
        for (int i = mark.Length - 1, at = Read.Length - 1; i >= 0; i--, at--)
        {
            if (at < 0 || Read[at] != mark[i])
            {
                return false;
            }
        }

        return true;
    }
}
