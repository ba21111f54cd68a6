using System.Text.Json;

namespace CurKv.Grammar.Schema;

/// <summary>What the keywords of JSON Schema say on kinds of values, and which of them no grammar can enforce.</summary>
internal static class SchemaKeywords
{
    private static readonly (string Keyword, JsonKinds Kinds)[] Implied =
    [
        ("properties", JsonKinds.Object), ("required", JsonKinds.Object), ("additionalProperties", JsonKinds.Object),
        ("patternProperties", JsonKinds.Object), ("propertyNames", JsonKinds.Object), ("minProperties", JsonKinds.Object), ("maxProperties", JsonKinds.Object),
        ("items", JsonKinds.Array), ("prefixItems", JsonKinds.Array), ("additionalItems", JsonKinds.Array),
        ("minItems", JsonKinds.Array), ("maxItems", JsonKinds.Array),
        ("minLength", JsonKinds.String), ("maxLength", JsonKinds.String), ("pattern", JsonKinds.String),
        ("minimum", JsonKinds.Number), ("maximum", JsonKinds.Number), ("exclusiveMinimum", JsonKinds.Number),
        ("exclusiveMaximum", JsonKinds.Number), ("multipleOf", JsonKinds.Number),
    ];

    private static readonly (string Keyword, string Fix)[] Unsupported =
    [
        ("not", "say what is allowed instead, with enum, pattern or anyOf"),
        ("if", "write the cases as anyOf"),
        ("then", "write the cases as anyOf"),
        ("else", "write the cases as anyOf"),
        ("contains", "give the item a place of its own with prefixItems, or describe all items"),
        ("minContains", "describe all items"),
        ("maxContains", "describe all items"),
        ("uniqueItems", "check the answer instead"),
        ("patternProperties", "name the properties, or use propertyNames with additionalProperties"),
        ("dependencies", "write the cases as anyOf"),
        ("dependentRequired", "write the cases as anyOf"),
        ("dependentSchemas", "write the cases as anyOf"),
        ("unevaluatedProperties", "use additionalProperties"),
        ("unevaluatedItems", "use items"),
        ("$dynamicRef", "use $ref"),
        ("$recursiveRef", "use $ref"),
    ];

    /// <summary>The kinds that schemas without a type are about: the kinds of their keywords, or all where there are none.</summary>
    /// <param name="nodes">Plain schemas.</param>
    public static JsonKinds Infer(IReadOnlyList<SchemaNode> nodes)
    {
        JsonKinds kinds = Implied.Where(entry => nodes.Any(node => node.Has(entry.Keyword))).Aggregate(JsonKinds.None, (all, entry) => all | entry.Kinds);
        bool formats = nodes.Any(node => node.TryGet("format", JsonValueKind.String, out SchemaNode format) && StringFormats.Knows(format.Text()));
        kinds |= formats ? JsonKinds.String : JsonKinds.None;
        return kinds == JsonKinds.None ? JsonKinds.All : kinds;
    }

    /// <summary>The kinds that a schema's <c>type</c> allows, with OpenAPI's <c>nullable</c>; <see langword="null"/> where it has none.</summary>
    /// <param name="node">A plain schema.</param>
    /// <exception cref="JsonSchemaException">The type is none of JSON Schema's.</exception>
    public static JsonKinds? Types(SchemaNode node)
    {
        if (!node.TryGet("type", out SchemaNode type))
        {
            return null;
        }

        JsonKinds kinds = type.Element.ValueKind switch
        {
            JsonValueKind.String => Parse(node, type.Text()),
            JsonValueKind.Array => type.Items().Aggregate(JsonKinds.None, (all, item) => all | Parse(node, item.Text())),
            var kind => throw node.Fail("type", $"must be a string or an array of strings, not {kind}"),
        };
        bool isNullable = node.TryGet("nullable", out SchemaNode nullable) && nullable.Element.ValueKind == JsonValueKind.True;
        return isNullable ? kinds | JsonKinds.Null : kinds;
    }

    /// <summary>The keywords of a schema that no grammar can enforce, each with what to do instead.</summary>
    /// <param name="node">A plain schema.</param>
    public static IEnumerable<(string Keyword, string Fix)> FindUnsupported(SchemaNode node) =>
        Unsupported.Where(entry => node.TryGet(entry.Keyword, out SchemaNode value) && !SaysNothing(node, entry.Keyword, value.Element));

    /// <summary>The kind of a value.</summary>
    /// <param name="value">The value.</param>
    public static JsonKinds KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => JsonKinds.Null,
        JsonValueKind.True or JsonValueKind.False => JsonKinds.Boolean,
        JsonValueKind.String => JsonKinds.String,
        JsonValueKind.Array => JsonKinds.Array,
        JsonValueKind.Object => JsonKinds.Object,
        _ => double.IsInteger(value.GetDouble()) ? JsonKinds.Integer : JsonKinds.Fraction,
    };

    private static JsonKinds Parse(SchemaNode node, string type) => type switch
    {
        "null" => JsonKinds.Null,
        "boolean" => JsonKinds.Boolean,
        "integer" => JsonKinds.Integer,
        "number" => JsonKinds.Number,
        "string" => JsonKinds.String,
        "array" => JsonKinds.Array,
        "object" => JsonKinds.Object,
        _ => throw node.Fail("type", $"is '{type}'; it must be one of null, boolean, integer, number, string, array and object"),
    };

    private static bool SaysNothing(SchemaNode node, string keyword, JsonElement value) => keyword switch
    {
        "uniqueItems" => value.ValueKind == JsonValueKind.False,
        "unevaluatedProperties" or "unevaluatedItems" => value.ValueKind == JsonValueKind.True,
        "if" => !node.Has("then") && !node.Has("else"),
        "then" or "else" => !node.Has("if"),
        "minContains" or "maxContains" => !node.Has("contains"),
        "patternProperties" or "dependencies" or "dependentRequired" or "dependentSchemas" =>
            value.ValueKind == JsonValueKind.Object && !value.EnumerateObject().Any(),
        _ => false,
    };
}
