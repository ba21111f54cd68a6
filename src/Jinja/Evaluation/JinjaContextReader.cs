using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using CurKv.Jinja.Values;

namespace CurKv.Jinja.Evaluation;

/// <summary>Makes values of JSON, each with its place.</summary>
/// <param name="budget">Bounds the depth and the sizes.</param>
internal sealed class JinjaContextReader(JinjaBudget budget)
{
    /// <summary>Makes a value.</summary>
    public JinjaValue Read(JsonNode? node, JinjaOrigin origin)
    {
        budget.Step();
        return node switch
        {
            null => JinjaNone.Value,
            JsonObject members => ReadObject(members, origin),
            JsonArray items => ReadArray(items, origin),
            _ => ReadScalar(node.AsValue(), origin),
        };
    }

    private JinjaDict ReadObject(JsonObject members, JinjaOrigin origin)
    {
        budget.Enter();
        JinjaDict result = new(origin);
        foreach ((string name, JsonNode? member) in members)
        {
            JinjaOrigin place = new(origin, name);
            result.Items[new JinjaString(name, place)] = Read(member, place);
        }

        budget.Leave();
        return result;
    }

    private JinjaList ReadArray(JsonArray items, JinjaOrigin origin)
    {
        budget.Enter();
        List<JinjaValue> result = new(items.Count);
        for (int i = 0; i < items.Count; i++)
        {
            result.Add(Read(items[i], new JinjaOrigin(origin, i)));
        }

        budget.Leave();
        return new JinjaList(result, JinjaListKind.List, origin);
    }

    private static JinjaValue ReadScalar(JsonValue value, JinjaOrigin origin) => value.GetValueKind() switch
    {
        JsonValueKind.String => new JinjaString(value.TryGetValue(out string? text) ? text : value.ToString(), origin),
        JsonValueKind.True => JinjaBoolean.True,
        JsonValueKind.False => JinjaBoolean.False,
        JsonValueKind.Null => JinjaNone.Value,
        _ => ReadNumber(value),
    };

    // As Python's reader: an integer where there is neither a fraction nor an exponent. A double of .NET is a float, also where it is whole.
    private static JinjaValue ReadNumber(JsonValue value)
    {
        string text = value.ToJsonString();
        bool isDouble = !value.TryGetValue(out JsonElement _) && (value.TryGetValue(out double _) || value.TryGetValue(out float _));
        return !isDouble && BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger integer)
            ? new JinjaInteger(integer)
            : new JinjaFloat(double.Parse(text, CultureInfo.InvariantCulture));
    }
}
