namespace CurKv.Connector.Templates.Formats;

/// <summary>Parses a call up to its closing delimiter, which is ignored within JSON strings.</summary>
/// <param name="open">The opening delimiter.</param>
/// <param name="close">The closing delimiter; without quotation marks.</param>
internal class DelimitedToolCallParser(string open, string close) : ToolCallParser
{
    private JsonScanner _json;
    private int? _end;

    /// <inheritdoc/>
    public override string Text => Buffer.ToString(0, _end ?? Buffer.Length);

    /// <summary>Whether a closing delimiter at this position would be part of a value.</summary>
    protected virtual bool IsInValue => _json.InString;

    /// <summary>Whether only the closing delimiter is missing.</summary>
    protected virtual bool IsComplete => _json.IsComplete;

    /// <inheritdoc/>
    /// <remarks>A model that forgets the closing delimiter may continue with the next call, which also ends the first one.</remarks>
    public sealed override ToolCallProgress Append(char character)
    {
        Buffer.Append(character);
        Scan(character);
        if (IsInValue)
        {
            return ToolCallProgress.Incomplete;
        }

        if (EndsWith(close))
        {
            _end = Buffer.Length - close.Length;
            return ToolCallProgress.Complete;
        }

        if (IsComplete && EndsWith(open))
        {
            _end = Buffer.Length - open.Length;
            Rest = open;
            return ToolCallProgress.Complete;
        }

        return ToolCallProgress.Incomplete;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// If a model forgets a quotation mark, the closing delimiter is within a string that never ends. So a closing delimiter counts now if
    /// nothing or another call follows it. Otherwise it is part of a value that the end of the answer cuts off.
    /// </remarks>
    public sealed override ToolCallProgress Finish()
    {
        if (IsComplete)
        {
            return ToolCallProgress.Complete;
        }

        string read = Buffer.ToString();
        int hidden = read.IndexOf(close, StringComparison.Ordinal);
        string rest = hidden < 0 ? read : read[(hidden + close.Length)..];
        if (hidden < 0 || !(string.IsNullOrWhiteSpace(rest) || rest.AsSpan().TrimStart().StartsWith(open)))
        {
            return ToolCallProgress.Incomplete;
        }

        _end = hidden;
        Rest = rest;
        return ToolCallProgress.Complete;
    }

    /// <summary>Tracks the text.</summary>
    protected virtual void Scan(char character) => _json.Append(character);

    /// <summary>Whether the text so far ends with a delimiter.</summary>
    protected bool EndsWith(string delimiter)
    {
        for (int i = delimiter.Length - 1, at = Buffer.Length - 1; i >= 0; i--, at--)
        {
            if (at < 0 || Buffer[at] != delimiter[i])
            {
                return false;
            }
        }

        return true;
    }
}
