namespace CurKv.Connector.Templates.Formats;

/// <summary>Reads what stands behind <c>[TOOL_CALLS]</c>: a JSON array, or a name, perhaps <c>[CALL_ID]</c> and an id, <c>[ARGS]</c> and a JSON object.</summary>
internal sealed class MistralCallReader : CallReader
{
    private JsonScanner _json;
    private int _start = -1;
    private bool _hasName;

    /// <inheritdoc/>
    public override CallProgress Append(char character)
    {
        Read.Append(character);
        if (_start < 0)
        {
            return AppendHead(character);
        }

        _json.Append(character);
        return _json.IsWhole ? CallProgress.Whole : CallProgress.Going;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ToolCallText> Calls()
    {
        string text = Read.ToString();
        if (!_hasName)
        {
            return ToolCallJson.Read(text);
        }

        string head = text[.._start].Replace(MistralFormat.ArgumentsMark, string.Empty, StringComparison.Ordinal).Trim();
        int id = head.IndexOf(MistralFormat.IdMark, StringComparison.Ordinal);
        return [id < 0
            ? new ToolCallText(head, text[_start..])
            : new ToolCallText(head[..id].Trim(), text[_start..], head[(id + MistralFormat.IdMark.Length)..].Trim())];
    }

    // The head ends at the first brace, or at once where an array of calls begins; a bracket behind a name begins a mark.
    private CallProgress AppendHead(char character)
    {
        if (char.IsWhiteSpace(character))
        {
            return CallProgress.Going;
        }

        if (character == '{' || (character == '[' && !_hasName))
        {
            _start = Read.Length - 1;
            _json.Append(character);
        }

        _hasName |= _start < 0;
        return CallProgress.Going;
    }
}
