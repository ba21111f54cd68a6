using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>
/// For templates without tools, or with an unknown syntax of calls: the system prompt advertises tools, and calls have the syntax of
/// <see cref="HermesFormat"/>.
/// </summary>
/// <remarks>
/// That form rather than bare JSON, because most open models have seen it in training, its delimiters keep calls apart from text and from
/// answers that are JSON, and there may be several.
/// </remarks>
/// <param name="hasReasoning">Whether the template supports reasoning.</param>
internal sealed class GenericFormat(bool hasReasoning) : HermesFormat(hasReasoning)
{
    /// <inheritdoc/>
    public override string Name => "generic";

    /// <inheritdoc/>
    public override string? ToolsPrompt(IReadOnlyList<AIFunctionDeclaration> tools) =>
        ToolsPromptText.Write(tools, $"{CallOpen}\n{{\"name\": \"NAME\", \"arguments\": {{\"PARAMETER\": VALUE}}}}\n{CallClose}");

    /// <inheritdoc/>
    public override string? WriteCalls(IEnumerable<FunctionCallContent> calls) => string.Join('\n', calls.Select(call =>
        $"{CallOpen}\n{{\"name\": {ModelJson.Write(call.Name)}, \"arguments\": {(call.Arguments is { } arguments ? ModelJson.Write(arguments) : "{}")}}}\n{CallClose}"));

    /// <inheritdoc/>
    public override string? WriteResult(string result) => $"<tool_response>\n{result}\n</tool_response>";
}
