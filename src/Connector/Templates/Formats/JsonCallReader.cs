namespace CurKv.Connector.Templates.Formats;

/// <summary>Reads a call, or a list of calls, that ends where its JSON ends.</summary>
internal sealed class JsonCallReader : CallReader
{
    private JsonScanner _json;

    /// <inheritdoc/>
    public override bool IsCall => _json.HasBegun;

    /// <inheritdoc/>
    public override CallProgress Append(char character)
    {
        Read.Append(character);
        _json.Append(character);
        if (_json.HasBegun || char.IsWhiteSpace(character))
        {
            return _json.IsWhole ? CallProgress.Whole : CallProgress.Going;
        }

        // It may begin another mark.
        Rest = character.ToString();
        return CallProgress.Refused;
    }
}
