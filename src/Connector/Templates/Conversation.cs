using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates;

/// <summary>What a prompt is rendered from.</summary>
/// <param name="Turns">The messages.</param>
internal sealed record Conversation(IReadOnlyList<ChatTurn> Turns)
{
    /// <summary>The tools that the model may call.</summary>
    public IReadOnlyList<AIFunctionDeclaration> Tools { get; init; } = [];

    /// <summary>How much the model is to reason; null for as its template has it.</summary>
    public ReasoningOptions? Reasoning { get; init; }
}
