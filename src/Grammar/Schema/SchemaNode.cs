using System.Text.Json;

namespace CurKv.Grammar.Schema;

/// <summary>A schema, or a part of one, and where it stands.</summary>
/// <param name="Element">The JSON.</param>
/// <param name="Path">A JSON pointer with a leading <c>#</c>; it identifies the node.</param>
internal readonly record struct SchemaNode(JsonElement Element, string Path)
{
    /// <summary>Whether this is an object that has a keyword.</summary>
    /// <param name="keyword">The keyword.</param>
    public bool Has(string keyword) => TryGet(keyword, out _);

    /// <summary>The value of a keyword, if there is one.</summary>
    /// <param name="keyword">The keyword.</param>
    /// <param name="value">The value and its path.</param>
    public bool TryGet(string keyword, out SchemaNode value)
    {
        SchemaNode? found = Element.ValueKind == JsonValueKind.Object && Element.TryGetProperty(keyword, out JsonElement element)
            ? new SchemaNode(element, Child(keyword))
            : default(SchemaNode?);
        value = found.GetValueOrDefault();
        return found is not null;
    }

    /// <summary>The value of a keyword, or <see langword="null"/>.</summary>
    /// <param name="keyword">The keyword.</param>
    public SchemaNode? Find(string keyword) => TryGet(keyword, out SchemaNode value) ? value : null;

    /// <summary>The value of a keyword that must be of one kind.</summary>
    /// <param name="keyword">The keyword.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="value">The value and its path.</param>
    /// <exception cref="JsonSchemaException">It is of another kind.</exception>
    public bool TryGet(string keyword, JsonValueKind kind, out SchemaNode value) =>
        TryGet(keyword, out value) && (value.Element.ValueKind == kind ? true : throw Fail(keyword, $"must be of the kind {kind}, not {value.Element.ValueKind}"));

    /// <summary>A keyword's value that counts something.</summary>
    /// <param name="keyword">The keyword.</param>
    /// <returns>The count, or <see langword="null"/> where the keyword is missing.</returns>
    /// <exception cref="JsonSchemaException">It is no whole number from 0 on.</exception>
    public long? Count(string keyword)
    {
        if (!TryGet(keyword, JsonValueKind.Number, out SchemaNode value))
        {
            return null;
        }

        return value.Element.TryGetDecimal(out decimal count) && count >= 0 && count == decimal.Truncate(count)
            ? (long)Math.Min(count, long.MaxValue)
            : value.Element.GetDouble() is > 0 ? long.MaxValue : throw Fail(keyword, "must be a whole number from 0 on");
    }

    /// <summary>The items of an array.</summary>
    public IEnumerable<SchemaNode> Items()
    {
        string path = Path;
        return Element.EnumerateArray().Select((item, i) => new SchemaNode(item, $"{path}/{i}"));
    }

    /// <summary>The properties of an object, in order; of two with one name, the last counts, as in JSON.</summary>
    public IReadOnlyDictionary<string, SchemaNode> Properties()
    {
        var properties = new OrderedDictionary<string, SchemaNode>(StringComparer.Ordinal);
        foreach (JsonProperty property in Element.EnumerateObject())
        {
            string name = Read(() => property.Name);
            properties[name] = new SchemaNode(property.Value, Child(name));
        }

        return properties;
    }

    /// <summary>The text of a string.</summary>
    /// <exception cref="JsonSchemaException">It is no string, or not valid Unicode.</exception>
    public string Text()
    {
        JsonElement element = Element;
        return element.ValueKind == JsonValueKind.String
            ? Read(() => element.GetString()!)
            : throw new JsonSchemaException(Keyword, Path, "must be a string");
    }

    /// <summary>The error of a keyword of this schema.</summary>
    /// <param name="keyword">The keyword.</param>
    /// <param name="reason">What is wrong, and the fix.</param>
    public JsonSchemaException Fail(string keyword, string reason) => new(keyword, Path, reason);

    private string Keyword => Path[(Path.LastIndexOf('/') + 1)..];

    private string Child(string name) =>
        $"{Path}/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";

    // Half a surrogate pair is valid JSON, but no text.
    private string Read(Func<string> text)
    {
        try
        {
            return text();
        }
        catch (InvalidOperationException exception)
        {
            throw new JsonSchemaException(Keyword, Path, "holds text that is not valid Unicode", exception);
        }
    }
}
