using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates;

/// <summary>One message in the form that templates expect.</summary>
/// <param name="Role"><c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>.</param>
/// <param name="Content">Its text; empty if there is none.</param>
internal sealed record ChatTurn(string Role, string Content)
{
    /// <summary>The reasoning before an assistant's message; null if it is unknown.</summary>
    public string? Reasoning { get; init; }

    /// <summary>The tool calls of an assistant's message.</summary>
    public IReadOnlyList<FunctionCallContent> Calls { get; init; } = [];

    /// <summary>The id of the call that a tool message responds to; null if it is unknown.</summary>
    public string? CallId { get; init; }

    /// <summary>The name of the tool that returned the result in a tool message; null if it is unknown.</summary>
    public string? ToolName { get; init; }
}
