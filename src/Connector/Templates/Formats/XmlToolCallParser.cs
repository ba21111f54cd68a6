using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>Parses a Qwen3-Coder call: a function element with parameter elements, whose types are those of the tool's schema.</summary>
/// <param name="open">The opening delimiter.</param>
/// <param name="close">The closing delimiter.</param>
/// <param name="settings">The settings, for the tools' schemas.</param>
internal sealed class XmlToolCallParser(string open, string close, OutputParserSettings settings) : DelimitedToolCallParser(open, close)
{
    private bool _inParameter;
    private bool _isComplete;

    /// <inheritdoc/>
    protected override bool IsInValue => _inParameter;

    /// <inheritdoc/>
    protected override bool IsComplete => _isComplete;

    /// <inheritdoc/>
    public override IReadOnlyList<ToolCallText> Calls()
    {
        string text = Text;
        int at = text.IndexOf(QwenCoderFormat.FunctionOpen, StringComparison.Ordinal);
        if (at < 0 || Cut(text, at + QwenCoderFormat.FunctionOpen.Length, ">", out int body) is not { Length: > 0 } name)
        {
            return [];
        }

        var arguments = new JsonObject();
        JsonElement? properties = Properties(name);
        while ((at = text.IndexOf(QwenCoderFormat.ParameterOpen, body, StringComparison.Ordinal)) >= 0
            && Cut(text, at + QwenCoderFormat.ParameterOpen.Length, ">", out int value) is { } parameter)
        {
            string content = Cut(text, value, QwenCoderFormat.ParameterClose, out body) ?? text[value..];
            arguments[parameter] = Value(Unwrap(content), properties is { } known && known.TryGetProperty(parameter, out JsonElement schema) ? schema : null);
            body = Math.Max(body, value);
        }

        return [new ToolCallText(name, arguments.ToJsonString())];
    }

    /// <inheritdoc/>
    protected override void Scan(char character)
    {
        if (character == '=' && EndsWith(QwenCoderFormat.ParameterOpen))
        {
            _inParameter = true;
        }
        else if (character == '>')
        {
            _inParameter &= !EndsWith(QwenCoderFormat.ParameterClose);
            _isComplete |= !_inParameter && EndsWith(QwenCoderFormat.FunctionClose);
        }
    }

    private static string? Cut(string text, int start, string end, out int behind)
    {
        int at = text.IndexOf(end, start, StringComparison.Ordinal);
        behind = at < 0 ? text.Length : at + end.Length;
        return at < 0 ? null : text[start..at];
    }

    // A value is on separate lines.
    private static string Unwrap(string value)
    {
        int start = value.StartsWith('\n') ? 1 : 0;
        int end = value.Length > start && value.EndsWith('\n') ? value.Length - 1 : value.Length;
        return value[start..end];
    }

    // Strings are written as plain text and all other values as JSON. Without a schema, valid JSON other than a string is parsed.
    private static JsonNode? Value(string text, JsonElement? schema)
    {
        if (schema is { } known && QwenCoderFormat.IsText(known))
        {
            return JsonValue.Create(text);
        }

        try
        {
            JsonNode? value = JsonNode.Parse(text);
            value?.ToJsonString();
            return value;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: half of a surrogate pair, which is only detected when a string is read.
            return JsonValue.Create(text);
        }
    }

    private JsonElement? Properties(string name) =>
        settings.Tools.FirstOrDefault(tool => tool.Name == name) is AIFunctionDeclaration { JsonSchema: { ValueKind: JsonValueKind.Object } schema }
        && schema.TryGetProperty("properties", out JsonElement properties) && properties.ValueKind == JsonValueKind.Object ? properties : null;
}
