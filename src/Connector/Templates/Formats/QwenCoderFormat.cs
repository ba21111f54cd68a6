using System.Text.Json;
using System.Text.Json.Nodes;
using CurKv.Grammar;
using CurKv.Grammar.Gbnf;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>Qwen3-Coder, Qwen 3.5 and Nemotron 3: <c>&lt;function=name&gt;</c> with <c>&lt;parameter=name&gt;</c> elements in <c>&lt;tool_call&gt;</c>.</summary>
/// <remarks>
/// A string parameter is written as plain text, all others as JSON. Some of these models omit the outer delimiter, or begin a call
/// without closing their reasoning.
/// </remarks>
/// <param name="hasReasoning">Whether the template supports reasoning.</param>
internal sealed class QwenCoderFormat(bool hasReasoning) : DelimitedFormat(Syntax, hasReasoning)
{
    /// <summary>The delimiter that opens a function element.</summary>
    public const string FunctionOpen = "<function=";

    /// <summary>The delimiter that closes it.</summary>
    public const string FunctionClose = "</function>";

    /// <summary>The delimiter that opens a parameter element.</summary>
    public const string ParameterOpen = "<parameter=";

    /// <summary>The delimiter that closes it.</summary>
    public const string ParameterClose = "</parameter>";

    // Without a hyphen, so that it cannot equal the combined name of a tool and a parameter.
    private const string RawText = "rawtext";
    private const string CallOpen = HermesFormat.CallOpen;
    private const string CallClose = HermesFormat.CallClose;

    private static readonly FormatSyntax Syntax = new()
    {
        Calls =
        [
            new ToolCallSyntax(CallOpen, settings => new XmlToolCallParser(CallOpen, CallClose, settings)),
            new ToolCallSyntax(FunctionOpen, settings => new XmlToolCallParser(FunctionOpen, FunctionClose, settings)) { IsPartOfCall = true },
        ],
        CallWrappers = [CallClose],
        CallEndsReasoning = true,
    };

    /// <inheritdoc/>
    public override string Name => "qwen3-coder";

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Triggers => [CallOpen, FunctionOpen];

    /// <summary>Whether a schema's values are strings, which are written without quotation marks.</summary>
    public static bool IsText(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("type", out JsonElement type) && type.ValueKind switch
        {
            JsonValueKind.String => type.ValueEquals("string"),
            JsonValueKind.Array => type.EnumerateArray().Any(one => Is(one, "string")) && type.EnumerateArray().All(one => Is(one, "string") || Is(one, "null")),
            _ => false,
        };

    private static bool Is(JsonElement value, string text) => value.ValueKind == JsonValueKind.String && value.ValueEquals(text);

    /// <inheritdoc/>
    protected override string Calls(GbnfBuilder grammar, OutputConstraint constraint)
    {
        string space = grammar.Space();
        string function = grammar.OneOf("function", constraint.Tools.Select(tool => Function(grammar, constraint, tool)));
        string close = $"{space} {GbnfBuilder.Literal(CallClose)}";
        string open = $"{GbnfBuilder.Literal(CallOpen)} {space}";
        string more = constraint.AllowsMultipleCalls ? $" ({space} {open} {function} {close})*" : string.Empty;
        return $"({open})? {function} {close}{more}";
    }

    private static string Function(GbnfBuilder grammar, OutputConstraint constraint, AIFunctionDeclaration tool)
    {
        string space = grammar.Space();
        string body = string.Empty;
        if (tool.JsonSchema is { ValueKind: JsonValueKind.Object } schema && schema.TryGetProperty("properties", out JsonElement properties) && properties.ValueKind == JsonValueKind.Object)
        {
            HashSet<string?> required = schema.TryGetProperty("required", out JsonElement names) && names.ValueKind == JsonValueKind.Array
                ? [.. names.EnumerateArray().Select(name => name.ToString())]
                : [];
            body = string.Concat(properties.EnumerateObject().Select(property =>
                $" ({Parameter(grammar, constraint, tool, property)} {space}){(required.Contains(property.Name) ? string.Empty : "?")}"));
        }

        return grammar.Add($"{tool.Name}-call", $"{GbnfBuilder.Literal($"{FunctionOpen}{tool.Name}>")} {space}{body} {GbnfBuilder.Literal(FunctionClose)}");
    }

    private static string Parameter(GbnfBuilder grammar, OutputConstraint constraint, AIFunctionDeclaration tool, JsonProperty property)
    {
        string close = $"\n{ParameterClose}";
        string name = $"{tool.Name}-{property.Name}";
        string value = !IsText(property.Value) ? $"{JsonSchemaGrammar.Add(grammar, name, WithDefinitions(property.Value, tool.JsonSchema), strict: false, constraint.Relaxed)} {GbnfBuilder.Literal(close)}"
            : property.Value.TryGetProperty("enum", out JsonElement values) && values.ValueKind == JsonValueKind.Array && values.GetArrayLength() > 0 ? $"({string.Join(" | ", values.EnumerateArray().Select(one => GbnfBuilder.Literal(one.ToString())))}) {GbnfBuilder.Literal(close)}"
            : grammar.Contains(RawText) ? RawText : grammar.Until(RawText, [ParameterClose]);
        return $"{GbnfBuilder.Literal($"{ParameterOpen}{property.Name}>\n")} {value}";
    }

    // References in a parameter's schema point to definitions at the root of the tool's schema.
    private static JsonElement WithDefinitions(JsonElement schema, JsonElement root)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return schema;
        }

        JsonObject merged = JsonObject.Create(schema.Clone())!;
        foreach (string key in (string[])["$defs", "definitions"])
        {
            if (root.TryGetProperty(key, out JsonElement definitions) && !merged.ContainsKey(key))
            {
                merged[key] = JsonNode.Parse(definitions.GetRawText());
            }
        }

        return JsonSerializer.SerializeToElement(merged, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonNode)));
    }
}
