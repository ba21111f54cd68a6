using System.Text.Json.Nodes;

namespace CurKv.Connector.Tests.Grammar;

/// <summary>Random schemas of the keywords that NJsonSchema checks as well, and random values that obey them.</summary>
internal sealed class RandomSchemas(Random random)
{
    private static readonly string[] Names = ["id", "name", "a\"b", "naïve", "x y", "list", "q"];
    private static readonly string[] Words = ["red", "green", "a\\b", "new\nline", "", "中"];
    private static readonly string[] Formats = ["date", "date-time", "uuid", "ipv4", "email"];

    private static readonly (string Pattern, string[] Texts)[] Patterns =
    [
        ("^[a-f0-9]{2,4}$", ["af", "00ff"]),
        ("^(foo|ba[rz])+$", ["foo", "barbaz"]),
        ("-", ["-", "a-b"]),
        ("^\\d+(\\.\\d+)?$", ["1", "10.55"]),
        ("^[^\"\\\\]*\"\\\\x", ["\"\\x", "ab\"\\xyz"]),
        ("\\s\\w$", ["\tz", "a _"]),
    ];

    /// <summary>A schema.</summary>
    public JsonObject Schema(int depth = 0) => random.Next(depth > 2 ? 5 : 9) switch
    {
        0 => new JsonObject { ["type"] = "boolean" },
        1 => Integer(),
        2 => Number(),
        3 => Text(),
        4 => new JsonObject { ["enum"] = new JsonArray([.. Sample(Words).Select(word => JsonValue.Create(word)), JsonValue.Create(7), null]) },
        5 => Array(depth),
        6 => new JsonObject { ["anyOf"] = new JsonArray(Schema(depth + 1), Schema(depth + 1)) },
        _ => Object(depth),
    };

    /// <summary>A value that obeys a schema that <see cref="Schema"/> made; its properties are in order.</summary>
    public JsonNode? Value(JsonObject schema)
    {
        if (schema["enum"] is JsonArray values)
        {
            return values[random.Next(values.Count)]?.DeepClone();
        }

        if (schema["anyOf"] is JsonArray options)
        {
            return Value(options[random.Next(options.Count)]!.AsObject());
        }

        return schema["type"]!.GetValue<string>() switch
        {
            "boolean" => random.Next(2) == 0,
            "integer" => Long(schema),
            "number" => Decimal(schema),
            "string" => Word(schema),
            "array" => Items(schema),
            _ => Members(schema),
        };
    }

    private JsonObject Integer()
    {
        var schema = new JsonObject { ["type"] = "integer" };
        int low = random.Next(-1500, 1500);
        SetIf(schema, "minimum", low);
        SetIf(schema, "maximum", low + random.Next(3, 2000));
        return schema;
    }

    private JsonObject Number()
    {
        var schema = new JsonObject { ["type"] = "number" };
        decimal low = random.Next(-30_000, 30_000) / 100m;
        SetIf(schema, random.Next(2) == 0 ? "minimum" : "exclusiveMinimum", low);
        SetIf(schema, random.Next(2) == 0 ? "maximum" : "exclusiveMaximum", low + random.Next(100, 20_000) / 100m);
        return schema;
    }

    private JsonObject Text()
    {
        var schema = new JsonObject { ["type"] = "string" };
        switch (random.Next(4))
        {
            case 0:
                schema["pattern"] = Patterns[random.Next(Patterns.Length)].Pattern;
                break;
            case 1:
                schema["format"] = Formats[random.Next(Formats.Length)];
                break;
            case 2:
                int least = random.Next(4);
                SetIf(schema, "minLength", least);
                SetIf(schema, "maxLength", least + random.Next(6));
                break;
        }

        return schema;
    }

    private JsonObject Array(int depth)
    {
        var schema = new JsonObject { ["type"] = "array", ["items"] = Schema(depth + 1) };
        int least = random.Next(3);
        SetIf(schema, "minItems", least);
        SetIf(schema, "maxItems", least + random.Next(4));
        return schema;
    }

    private JsonObject Object(int depth)
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (string name in Sample(Names))
        {
            properties[name] = Schema(depth + 1);
            if (random.Next(2) == 0)
            {
                required.Add(name);
            }
        }

        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (required.Count > 0)
        {
            schema["required"] = required;
        }

        schema["additionalProperties"] = random.Next(3) switch
        {
            0 => true,
            1 => false,
            _ => Schema(depth + 1),
        };
        SetIf(schema, "maxProperties", properties.Count + random.Next(3));
        return schema;
    }

    private long Long(JsonObject schema)
    {
        int low = schema["minimum"]?.GetValue<int>() ?? (schema["maximum"]?.GetValue<int>() ?? 500) - 1000;
        return random.Next(low, (schema["maximum"]?.GetValue<int>() ?? (low + 100_000)) + 1);
    }

    private decimal Decimal(JsonObject schema)
    {
        JsonNode? least = schema["minimum"] ?? schema["exclusiveMinimum"];
        JsonNode? most = schema["maximum"] ?? schema["exclusiveMaximum"];
        decimal low = least?.GetValue<decimal>() ?? (most?.GetValue<decimal>() ?? 0) - 50;
        decimal high = most?.GetValue<decimal>() ?? low + 80;
        return low + (high - low) * random.Next(1, 1000) / 1000m;
    }

    private string Word(JsonObject schema)
    {
        if (schema["pattern"] is { } pattern)
        {
            string[] texts = Patterns.First(entry => entry.Pattern == pattern.GetValue<string>()).Texts;
            return texts[random.Next(texts.Length)];
        }

        if (schema["format"] is { } format)
        {
            DateTime time = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(random.NextInt64(2_000_000_000));
            return format.GetValue<string>() switch
            {
                "date" => time.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
                "date-time" => time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture),
                "uuid" => new Guid(random.Next(), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10).ToString(),
                "ipv4" => $"{random.Next(256)}.{random.Next(256)}.0.{random.Next(256)}",
                _ => $"user{random.Next(100)}@mail.example.org",
            };
        }

        int least = schema["minLength"]?.GetValue<int>() ?? 0;
        int most = schema["maxLength"]?.GetValue<int>() ?? least + 12;
        return string.Concat(Enumerable.Range(0, random.Next(least, most + 1)).Select(_ => "aZ \"\\\n\té中/\u0001"[random.Next(11)]));
    }

    private JsonArray Items(JsonObject schema)
    {
        int least = schema["minItems"]?.GetValue<int>() ?? 0;
        int count = random.Next(least, (schema["maxItems"]?.GetValue<int>() ?? least + 3) + 1);
        return new JsonArray([.. Enumerable.Range(0, count).Select(_ => Value(schema["items"]!.AsObject()))]);
    }

    private JsonObject Members(JsonObject schema)
    {
        HashSet<string> required = schema["required"]?.AsArray().Select(name => name!.GetValue<string>()).ToHashSet() ?? [];
        var value = new JsonObject();
        foreach ((string name, JsonNode? property) in schema["properties"]!.AsObject())
        {
            if (required.Contains(name) || random.Next(2) == 0)
            {
                value[name] = Value(property!.AsObject());
            }
        }

        int most = schema["maxProperties"]?.GetValue<int>() ?? value.Count + 1;
        if (value.Count < most && schema["additionalProperties"] is JsonObject additional)
        {
            value["idle"] = Value(additional);
        }

        return value;
    }

    private void SetIf(JsonObject schema, string keyword, JsonNode value)
    {
        if (random.Next(2) == 0)
        {
            schema[keyword] = value;
        }
    }

    private List<string> Sample(string[] from) => [.. from.Where(_ => random.Next(2) == 0)];
}
