namespace CurKv.Connector.Templates.Formats;

/// <summary>The marks of a format. No mark is the beginning of another one.</summary>
internal sealed record AnswerSyntax
{
    /// <summary>The pairs of marks around reasoning, of which the first is the family's own.</summary>
    public IReadOnlyList<ReasoningMarks> Reasoning { get; init; } = [ReasoningMarks.Think];

    /// <summary>The ways in which calls are written.</summary>
    public IReadOnlyList<CallSection> Calls { get; init; } = [];

    /// <summary>Marks that say nothing to the user and are left out.</summary>
    public IReadOnlyList<string> Silent { get; init; } = [];

    /// <summary>Marks around calls that are left out where tools are expected.</summary>
    public IReadOnlyList<string> CallFrames { get; init; } = [];

    /// <summary>Marks between calls that are left out directly behind a call.</summary>
    public IReadOnlyList<string> CallSeparators { get; init; } = [];

    /// <summary>Whether the beginning of a call ends reasoning that was not closed.</summary>
    public bool CallEndsReasoning { get; init; }
}
