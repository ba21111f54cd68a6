using System.Text.Json;
using CurKv.Grammar;
using CurKv.Grammar.Gbnf;

namespace CurKv.Connector.Templates.Formats;

/// <summary>A JSON response format, with a schema or for any object.</summary>
/// <param name="Schema">The schema; null for any JSON object.</param>
internal sealed record JsonResponseFormat(JsonElement? Schema)
{
    /// <summary>The schema's name; null for none.</summary>
    public string? Name { get; init; }

    /// <summary>The schema's description; null for none.</summary>
    public string? Description { get; init; }

    /// <summary>Whether a keyword that no grammar can enforce is an error.</summary>
    /// <value>true.</value>
    public bool IsStrict { get; init; } = true;

    /// <summary>The instruction for the model.</summary>
    public string Prompt()
    {
        if (Schema is not { } schema)
        {
            return "Answer with one JSON object and nothing else.";
        }

        string what = (Name, Description) switch
        {
            (null, null) => string.Empty,
            (_, null) => $" ({Name})",
            (null, _) => $" ({Description})",
            _ => $" ({Name}: {Description})",
        };
        return $"Answer with JSON{what} that obeys this JSON schema, and nothing else:\n{ModelJson.Write(schema)}";
    }

    /// <summary>Adds the rules of this response format, and returns the name of the root rule.</summary>
    public string AddRules(GbnfBuilder grammar, Action<string>? relaxed) =>
        Schema is { } schema ? JsonSchemaGrammar.Add(grammar, "json", schema, IsStrict, relaxed) : JsonSchemaGrammar.AddAnyObject(grammar);
}
