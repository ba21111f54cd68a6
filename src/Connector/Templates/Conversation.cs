using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates;

/// <summary>The input of a chat template.</summary>
/// <param name="Turns">The messages.</param>
internal sealed record Conversation(IReadOnlyList<ChatTurn> Turns)
{
    /// <summary>The tools that the model may call.</summary>
    public IReadOnlyList<AIFunctionDeclaration> Tools { get; init; } = [];

    /// <summary>How much the model reasons; null for the template's default.</summary>
    public ReasoningOptions? Reasoning { get; init; }
}
