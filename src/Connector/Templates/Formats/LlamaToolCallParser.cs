namespace CurKv.Connector.Templates.Formats;

/// <summary>Parses a JSON object that may be a call: it is one if it has a name and parameters. Any other text or JSON is an answer.</summary>
internal sealed class LlamaToolCallParser : ToolCallParser
{
    private static readonly string[] FirstKeys = ["name\"", "type\"", "function\"", "id\""];
    private JsonScanner _json;
    private bool _namesKey;

    /// <inheritdoc/>
    public override bool IsCall => _namesKey;

    /// <inheritdoc/>
    public override ToolCallProgress Append(char character)
    {
        Buffer.Append(character);
        _json.Append(character);
        if (!_namesKey && !MayBeCall())
        {
            // The character may begin another delimiter.
            Rest = character.ToString();
            return ToolCallProgress.NotACall;
        }

        return !_json.IsComplete ? ToolCallProgress.Incomplete : ToolCallJson.LooksLikeToolCall(Text) ? ToolCallProgress.Complete : ToolCallProgress.NotACall;
    }

    /// <inheritdoc/>
    public override ToolCallProgress Finish() => ToolCallJson.LooksLikeToolCall(Text) ? ToolCallProgress.Incomplete : ToolCallProgress.NotACall;

    // Whether the text is a brace and the beginning of one of the keys with which a call begins.
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
