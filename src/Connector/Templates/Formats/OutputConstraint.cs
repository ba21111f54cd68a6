using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>The requirements of a request on the model's output.</summary>
internal sealed record OutputConstraint
{
    /// <summary>The tools that may be called; only one if the request names it.</summary>
    public IReadOnlyList<AIFunctionDeclaration> Tools { get; init; } = [];

    /// <summary>Whether the answer must call a tool.</summary>
    public bool RequiresCall { get; init; }

    /// <summary>Whether one answer may contain several calls, if the format allows it.</summary>
    public bool AllowsMultipleCalls { get; init; } = true;

    /// <summary>The response format of an answer without a call; null for any text.</summary>
    public JsonResponseFormat? ResponseFormat { get; init; }

    /// <summary>The state of the reasoning at the end of the prompt.</summary>
    public ReasoningStart Reasoning { get; init; }

    /// <summary>Receives the parts of a schema that the grammar does not enforce; null for none.</summary>
    public Action<string>? Relaxed { get; init; }
}
