using System.Text.Json;
using CurKv.Connector.Templates.Formats;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>Chat options to the form that an answer's text has to have.</summary>
internal static class ResponseFormatMapping
{
    // As clients of other providers know it.
    private const string StrictProperty = "strict";

    /// <summary>The form that options ask for; null for any text.</summary>
    public static AnswerForm? Map(ChatOptions? options) => options?.ResponseFormat is not ChatResponseFormatJson format ? null
        : new AnswerForm(format.Schema is { ValueKind: JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False } schema ? schema : null)
        {
            Name = format.SchemaName,
            Description = format.SchemaDescription,
            IsStrict = new AdditionalValues(options.AdditionalProperties).Flag(StrictProperty) ?? true,
        };
}
