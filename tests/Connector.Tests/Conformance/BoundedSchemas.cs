using System.Text.Json.Nodes;

namespace CurKv.Connector.Tests.Conformance;

/// <summary>Schemas under which every answer is short, so that none is cut off.</summary>
internal static class BoundedSchemas
{
    private const int MaxMore = 6;

    /// <summary>Bounds every text, number, array and object of a schema.</summary>
    public static JsonObject Of(JsonObject schema)
    {
        switch ((string?)schema["type"])
        {
            case "string" when schema["pattern"] is not null:
                schema["pattern"] = "^[a-f0-9]{2,4}$";
                break;
            case "string" when (string?)schema["format"] == "email":
                schema["maxLength"] = 20;
                break;
            case "string" when schema["format"] is null:
                schema["maxLength"] ??= ((int?)schema["minLength"] ?? 0) + MaxMore;
                break;
            case "integer":
                schema["minimum"] ??= -5000;
                schema["maximum"] ??= 5000;
                break;
            case "number":
                Bound(schema, "minimum", "exclusiveMinimum", -5000);
                Bound(schema, "maximum", "exclusiveMaximum", 5000);
                break;
            case "array":
                schema["maxItems"] ??= ((int?)schema["minItems"] ?? 0) + MaxMore;
                Of(schema["items"]!.AsObject());
                break;
            case "object":
                OfObject(schema);
                break;
        }

        foreach (JsonNode? option in schema["anyOf"]?.AsArray() ?? [])
        {
            Of(option!.AsObject());
        }

        return schema;
    }

    private static void OfObject(JsonObject schema)
    {
        JsonObject properties = schema["properties"]!.AsObject();
        foreach ((_, JsonNode? property) in properties)
        {
            Of(property!.AsObject());
        }

        if (schema["additionalProperties"] is JsonObject additional)
        {
            Of(additional);
            schema["maxProperties"] ??= properties.Count + 2;
            schema["propertyNames"] = new JsonObject { ["maxLength"] = 8 };
        }
        else
        {
            schema["additionalProperties"] = false;
        }
    }

    private static void Bound(JsonObject schema, string inclusive, string exclusive, int bound)
    {
        if (schema[exclusive] is null)
        {
            schema[inclusive] ??= bound;
        }
    }
}
