using System.Collections;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>
/// Reads additional properties, which may have any type: values set in code are numbers or collections, values from JSON are
/// <see cref="JsonElement"/>s, and values from configuration are strings.
/// </summary>
internal readonly struct AdditionalValues(AdditionalPropertiesDictionary? properties)
{
    /// <summary>A number; null if it is not set.</summary>
    /// <exception cref="ArgumentException">The value has another type.</exception>
    public float? Number(string name) => Value(name) is object value ? (float)Number(name, value) : null;

    /// <summary>An integer; null if it is not set.</summary>
    /// <exception cref="ArgumentException">The value has another type.</exception>
    public int? Whole(string name) => Value(name) is not object value ? null
        : Number(name, value) is double number && number == Math.Truncate(number) && Math.Abs(number) <= int.MaxValue ? (int)number
        : throw new ArgumentException($"{name} is '{value}'. Set it to an integer.", name);

    /// <summary>A Boolean; null if it is not set, or has another type: other clients may define it differently.</summary>
    public bool? Flag(string name) => Value(name) switch
    {
        bool flag => flag,
        JsonElement { ValueKind: JsonValueKind.True } => true,
        JsonElement { ValueKind: JsonValueKind.False } => false,
        string text when bool.TryParse(text, out bool flag) => flag,
        _ => null,
    };

    /// <summary>A string; null if it is not set.</summary>
    /// <exception cref="ArgumentException">The value has another type.</exception>
    public string? Text(string name) => Value(name) is object value ? Text(name, value) : null;

    /// <summary>A list of strings; null if it is not set. A single string counts as a list.</summary>
    /// <exception cref="ArgumentException">The value has another type.</exception>
    public IList<string>? Texts(string name) => Value(name) switch
    {
        null => null,
        string or JsonElement { ValueKind: JsonValueKind.String } => [Text(name)!],
        JsonElement { ValueKind: JsonValueKind.Array } array => [.. array.EnumerateArray().Select(each => Text(name, each))],
        IEnumerable list and not IDictionary => [.. list.Cast<object?>().Select(each => Text(name, each))],
        object value => throw new ArgumentException($"{name} is '{value}'. Set it to a list of strings.", name),
    };

    /// <summary>Numbers by token id; null if they are not set.</summary>
    /// <exception cref="ArgumentException">The value has another type.</exception>
    public IDictionary<int, float>? ByToken(string name)
    {
        const string Fix = "Set it to an object of token ids and numbers, such as { \"15043\": -100 }.";
        object? value = Value(name) is string text ? Parse(text) : Value(name);
        return value switch
        {
            null => null,
            JsonElement { ValueKind: JsonValueKind.Object } pairs => Biases(pairs.EnumerateObject().Select(pair => ((object)pair.Name, (object?)pair.Value))),
            IDictionary pairs => Biases(pairs.Keys.Cast<object>().Select(key => (key, pairs[key]))),
            _ => throw new ArgumentException($"{name} is '{value}'. {Fix}", name),
        };

        Dictionary<int, float> Biases(IEnumerable<(object Token, object? Bias)> pairs)
        {
            var biases = new Dictionary<int, float>();
            foreach ((object token, object? bias) in pairs)
            {
                biases[int.TryParse(Convert.ToString(token, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture, out int id)
                    ? id
                    : throw new ArgumentException($"{name} has the token id '{token}'. {Fix}", name)] = (float)Number(name, bias ?? string.Empty);
            }

            return biases;
        }

        object Parse(string json)
        {
            try
            {
                return JsonElement.Parse(json);
            }
            catch (JsonException e)
            {
                throw new ArgumentException($"{name} is '{json}'. {Fix}", name, e);
            }
        }
    }

    private object? Value(string name) => properties?.TryGetValue(name, out object? value) != true ? null : value switch
    {
        JsonElement { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => null,
        JsonNode node => JsonElement.Parse(node.ToJsonString()),
        _ => value,
    };

    private static double Number(string name, object value) =>
        double.TryParse(Convert.ToString(value, CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            ? number
            : throw new ArgumentException($"{name} is '{value}'. Set it to a number.", name);

    private static string Text(string name, object? value) => value switch
    {
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } json => json.GetString()!,
        _ => throw new ArgumentException($"{name} is '{value}'. Set it to a string.", name),
    };
}
