using System.Text.Json;
using CurKv.Grammar;
using CurKv.Grammar.Gbnf;

namespace CurKv.Connector.Templates.Formats;

/// <summary>The form that an answer's text has to have: JSON, by a schema or any.</summary>
/// <param name="Schema">The schema; null for any JSON object.</param>
internal sealed record AnswerForm(JsonElement? Schema)
{
    /// <summary>What the schema calls the answer; null for nothing.</summary>
    public string? Name { get; init; }

    /// <summary>What the answer is; null for nothing.</summary>
    public string? Description { get; init; }

    /// <summary>Whether a keyword that no grammar can enforce is an error.</summary>
    /// <value>true.</value>
    public bool IsStrict { get; init; } = true;

    /// <summary>What to tell the model.</summary>
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

    /// <summary>Adds the rules for an answer in this form, and returns the rule's name.</summary>
    public string AddRules(GbnfBuilder grammar, Action<string>? relaxed) =>
        Schema is { } schema ? JsonSchemaGrammar.Add(grammar, "json", schema, IsStrict, relaxed) : JsonSchemaGrammar.AddAnyObject(grammar);
}
