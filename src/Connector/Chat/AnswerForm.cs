using System.Text.Json;
using CurKv.Connector.Grammar;
using CurKv.Connector.Templates;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>The form that an answer's text has to have: JSON, by a schema or any.</summary>
/// <param name="Schema">The schema; null for any JSON object.</param>
/// <param name="Name">What the schema calls the answer; null for nothing.</param>
/// <param name="Description">What the answer is; null for nothing.</param>
/// <param name="IsStrict">Whether a keyword that no grammar can enforce is an error.</param>
internal sealed record AnswerForm(JsonElement? Schema, string? Name, string? Description, bool IsStrict)
{
    // As clients of other providers know it.
    private const string StrictProperty = "strict";

    /// <summary>The form that options ask for; null for any text.</summary>
    public static AnswerForm? Of(ChatOptions? options) => options?.ResponseFormat is not ChatResponseFormatJson format ? null : new AnswerForm(
        format.Schema is { ValueKind: JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False } schema ? schema : null,
        format.SchemaName,
        format.SchemaDescription,
        new AdditionalValues(options.AdditionalProperties).Flag(StrictProperty) ?? true);

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
    /// <exception cref="JsonSchemaNotSupportedException">No grammar can enforce the schema.</exception>
    public string AddRules(GbnfBuilder grammar, Action<string> relaxed) =>
        Schema is { } schema ? JsonSchemaGrammar.Add(grammar, "json", schema, IsStrict, relaxed) : JsonSchemaGrammar.AddAnyObject(grammar);
}
