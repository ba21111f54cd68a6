namespace CurKv.Connector.Templates.Formats;

/// <summary>Reads a JSON object that may be a call: it is one if it names a function and its parameters, and any other text, or JSON, is an answer.</summary>
internal sealed class LlamaCallReader : CallReader
{
    private static readonly string[] FirstKeys = ["name\"", "type\"", "function\"", "id\""];
    private JsonScanner _json;
    private bool _namesKey;

    /// <inheritdoc/>
    public override bool IsCall => _namesKey;

    /// <inheritdoc/>
    public override CallProgress Append(char character)
    {
        Read.Append(character);
        _json.Append(character);
        if (!_namesKey && !MayBeCall())
        {
            // It may begin another mark.
            Rest = character.ToString();
            return CallProgress.Refused;
        }

        return !_json.IsWhole ? CallProgress.Going : ToolCallJson.NamesACall(Text) ? CallProgress.Whole : CallProgress.Refused;
    }

    /// <inheritdoc/>
    public override CallProgress Finish() => ToolCallJson.NamesACall(Text) ? CallProgress.Going : CallProgress.Refused;

    // Whether the text is a brace and the beginning of a key that a call may begin with.
    private bool MayBeCall()
    {
        ReadOnlySpan<char> text = Text.AsSpan().TrimStart();
        if (text.IsEmpty)
        {
            return true;
        }

        if (text[0] != '{')
        {
            return false;
        }

        text = text[1..].TrimStart();
        if (text.IsEmpty)
        {
            return true;
        }

        if (text[0] != '"')
        {
            return false;
        }

        foreach (string key in FirstKeys)
        {
            if (text[1..].StartsWith(key))
            {
                _namesKey = true;
                return true;
            }

            if (key.AsSpan().StartsWith(text[1..]))
            {
                return true;
            }
        }

        return false;
    }
}
