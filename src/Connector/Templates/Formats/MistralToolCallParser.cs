namespace CurKv.Connector.Templates.Formats;

/// <summary>Parses the text after <c>[TOOL_CALLS]</c>: a JSON array; or a name, optionally <c>[CALL_ID]</c> and an id, <c>[ARGS]</c> and a JSON object.</summary>
internal sealed class MistralToolCallParser : ToolCallParser
{
    private JsonScanner _json;
    private int _start = -1;
    private bool _hasName;

    /// <inheritdoc/>
    public override ToolCallProgress Append(char character)
    {
        Buffer.Append(character);
        if (_start < 0)
        {
            return AppendHead(character);
        }

        _json.Append(character);
        return _json.IsComplete ? ToolCallProgress.Complete : ToolCallProgress.Incomplete;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ToolCallText> Calls()
    {
        string text = Buffer.ToString();
        if (!_hasName)
        {
            return ToolCallJson.Read(text);
        }

        string head = text[.._start].Replace(MistralFormat.ArgumentsDelimiter, string.Empty, StringComparison.Ordinal).Trim();
        int id = head.IndexOf(MistralFormat.IdDelimiter, StringComparison.Ordinal);
        return [id < 0
            ? new ToolCallText(head, text[_start..])
            : new ToolCallText(head[..id].Trim(), text[_start..], head[(id + MistralFormat.IdDelimiter.Length)..].Trim())];
    }

    // The head ends at the first brace, or at once if an array of calls begins. A bracket after a name begins a delimiter.
    private ToolCallProgress AppendHead(char character)
    {
        if (char.IsWhiteSpace(character))
        {
            return ToolCallProgress.Incomplete;
        }

        if (character == '{' || (character == '[' && !_hasName))
        {
            _start = Buffer.Length - 1;
            _json.Append(character);
        }

        _hasName |= _start < 0;
        return ToolCallProgress.Incomplete;
    }
}
