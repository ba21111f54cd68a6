using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates;

/// <summary>One message as a template sees it.</summary>
/// <param name="Role"><c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>.</param>
/// <param name="Content">Its text; empty where there is none.</param>
internal sealed record ChatTurn(string Role, string Content)
{
    /// <summary>What the model thought before an assistant's message; null where it is not known.</summary>
    public string? Reasoning { get; init; }

    /// <summary>The tools that an assistant's message calls.</summary>
    public IReadOnlyList<FunctionCallContent> Calls { get; init; } = [];

    /// <summary>The call that a tool's message answers; null where that is not known.</summary>
    public string? CallId { get; init; }

    /// <summary>The tool whose result a tool's message is; null where that is not known.</summary>
    public string? ToolName { get; init; }
}
