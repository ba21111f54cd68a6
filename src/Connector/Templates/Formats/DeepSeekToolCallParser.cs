namespace CurKv.Connector.Templates.Formats;

/// <summary>Parses a DeepSeek call: a type, a name and JSON in a code fence (R1, V3), or a name and JSON (V3.1).</summary>
internal sealed class DeepSeekToolCallParser() : DelimitedToolCallParser(DeepSeekFormat.CallBegin, DeepSeekFormat.CallEnd)
{
    /// <inheritdoc/>
    public override IReadOnlyList<ToolCallText> Calls()
    {
        string text = Text;
        int separator = text.IndexOf(DeepSeekFormat.Separator, StringComparison.Ordinal);
        if (separator < 0)
        {
            return ToolCallJson.Read(text);
        }

        string before = text[..separator].Trim();
        string behind = text[(separator + DeepSeekFormat.Separator.Length)..];
        int fence = behind.IndexOf("```", StringComparison.Ordinal);
        int json = behind.IndexOf('{', StringComparison.Ordinal);
        if (fence >= 0 && (json < 0 || fence < json))
        {
            return Call(behind[..fence], behind[(fence + 3)..].TrimEnd().TrimEnd('`'), "json");
        }

        return before == DeepSeekFormat.CallType && json > 0 && behind.AsSpan(0, json).Contains('\n')
            ? Call(behind[..json], behind[json..], string.Empty)
            : Call(before, behind, string.Empty);
    }

    private static IReadOnlyList<ToolCallText> Call(string name, string arguments, string language)
    {
        name = name.Trim();
        arguments = arguments.StartsWith(language, StringComparison.Ordinal) ? arguments[language.Length..] : arguments;
        arguments = JsonScanner.First(arguments) ?? arguments.Trim();
        return name.Length == 0 ? [] : [new ToolCallText(name, arguments.Length == 0 ? "{}" : arguments)];
    }
}
