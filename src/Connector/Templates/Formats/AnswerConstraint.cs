using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>What an answer has to be, as a request says it.</summary>
internal sealed record AnswerConstraint
{
    /// <summary>The tools that may be called; a single one where the request names it.</summary>
    public IReadOnlyList<AIFunctionDeclaration> Tools { get; init; } = [];

    /// <summary>Whether the answer must call a tool.</summary>
    public bool RequiresCall { get; init; }

    /// <summary>Whether one answer may call several times, where the format can say it.</summary>
    public bool AllowsMultipleCalls { get; init; } = true;

    /// <summary>The form of the answer's text where it calls no tool; null: any text.</summary>
    public AnswerForm? Form { get; init; }

    /// <summary>Where the prompt leaves reasoning.</summary>
    public ReasoningStart Reasoning { get; init; }

    /// <summary>Is told what of a schema the grammar does not enforce; null: nobody is.</summary>
    public Action<string>? Relaxed { get; init; }
}
