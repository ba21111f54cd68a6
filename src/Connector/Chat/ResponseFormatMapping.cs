using System.Text.Json;
using CurKv.Connector.Templates.Formats;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>Maps chat options to the response format.</summary>
internal static class ResponseFormatMapping
{
    // The same name as in clients of other providers.
    private const string StrictProperty = "strict";

    /// <summary>The response format of the options; null for any text.</summary>
    public static JsonResponseFormat? Map(ChatOptions? options) => options?.ResponseFormat is not ChatResponseFormatJson format ? null
        : new JsonResponseFormat(format.Schema is { ValueKind: JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False } schema ? schema : null)
        {
            Name = format.SchemaName,
            Description = format.SchemaDescription,
            IsStrict = new AdditionalValues(options.AdditionalProperties).Flag(StrictProperty) ?? true,
        };
}
