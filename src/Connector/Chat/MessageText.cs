using System.Text;
using System.Text.Json;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Templates.Formats;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>The text of one message's contents. Unsupported content is an error, unless it is skipped.</summary>
/// <param name="place">The message's name in errors.</param>
/// <param name="skipsUnsupported">Whether unsupported content is skipped.</param>
internal sealed class MessageText(string place, bool skipsUnsupported)
{
    /// <summary>Joins the texts. A text document is separated by an empty line.</summary>
    /// <exception cref="NotSupportedException">A content is not supported.</exception>
    public string Join(IEnumerable<AIContent> contents) => Join(contents, Part);

    /// <summary>The text of a tool result. A string is used unchanged, contents as in a message; everything else becomes JSON.</summary>
    /// <exception cref="NotSupportedException">A content is not supported.</exception>
    public string Of(FunctionResultContent result) => result.Result switch
    {
        null => result.Exception is { } exception ? $"Error: {exception.Message}" : string.Empty,
        AIContent content => Join([content], ResultPart),
        IEnumerable<AIContent> contents => Join(contents, ResultPart),
        IReadOnlyCollection<object?> items when items.Any(item => item is AIContent) => Join(items, ResultPart),
        object value => Json(value),
    };

    private static string Join<T>(IEnumerable<T> contents, Func<T, string?> part)
    {
        var text = new StringBuilder();
        bool apart = false;
        foreach (T content in contents)
        {
            if (part(content) is not { Length: > 0 } next)
            {
                continue;
            }

            bool isText = content is TextContent;
            text.Append(text.Length > 0 && (apart || !isText) ? "\n\n" : string.Empty).Append(next);
            apart = !isText;
        }

        return text.ToString();
    }

    // A plain AIContent holds only another client's raw representation.
    private string? Part(AIContent content) => content switch
    {
        TextContent text => text.Text,
        DataContent data when TextDocument.IsText(data) => TextDocument.Decode(data) ?? Refuse(content),
        TextReasoningContent or FunctionCallContent or FunctionResultContent => null,
        UsageContent or ErrorContent => null,
        _ when content.GetType() == typeof(AIContent) => null,
        _ => Refuse(content),
    };

    private string? ResultPart(object? item) => item switch
    {
        ErrorContent error => $"Error: {error.Message}",
        FunctionCallContent or FunctionResultContent => Refuse((AIContent)item),
        AIContent content => Part(content),
        null => null,
        _ => Json(item),
    };

    // Results that were deserialised are JsonElements.
    private static string Json(object value) => value switch
    {
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } json => json.GetString()!,
        _ => ModelJson.Write(value),
    };

    private string? Refuse(AIContent content) => skipsUnsupported ? null : throw new NotSupportedException(
        $"{place} holds {UnsupportedContent.Describe(content)}. Leave it out, or set {nameof(LlamaChatClientOptions)}.{nameof(LlamaChatClientOptions.SkipUnsupportedContent)}, or {nameof(LlamaRequestOptions)}.{nameof(LlamaRequestOptions.SkipUnsupportedContent)} for one call, to send the rest without it.");
}
