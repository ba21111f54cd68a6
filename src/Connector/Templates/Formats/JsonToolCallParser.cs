namespace CurKv.Connector.Templates.Formats;

/// <summary>Parses a call, or a list of calls, that ends where its JSON ends.</summary>
internal sealed class JsonToolCallParser : ToolCallParser
{
    private JsonScanner _json;

    /// <inheritdoc/>
    public override bool IsCall => _json.HasBegun;

    /// <inheritdoc/>
    public override ToolCallProgress Append(char character)
    {
        Buffer.Append(character);
        _json.Append(character);
        if (_json.HasBegun || char.IsWhiteSpace(character))
        {
            return _json.IsComplete ? ToolCallProgress.Complete : ToolCallProgress.Incomplete;
        }

        // The character may begin another delimiter.
        Rest = character.ToString();
        return ToolCallProgress.NotACall;
    }
}
