namespace CurKv.Connector.Templates.Formats;

/// <summary>The delimiters of a format. No delimiter is the beginning of another one.</summary>
internal sealed record FormatSyntax
{
    /// <summary>The pairs of delimiters around reasoning, of which the first is the family's own.</summary>
    public IReadOnlyList<ReasoningDelimiters> Reasoning { get; init; } = [ReasoningDelimiters.Think];

    /// <summary>The ways in which calls are written.</summary>
    public IReadOnlyList<ToolCallSyntax> Calls { get; init; } = [];

    /// <summary>Delimiters that say nothing to the user and are left out.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Delimiters around calls that are left out where tools are expected.</summary>
    public IReadOnlyList<string> CallWrappers { get; init; } = [];

    /// <summary>Delimiters between calls that are left out directly behind a call.</summary>
    public IReadOnlyList<string> CallSeparators { get; init; } = [];

    /// <summary>Whether the beginning of a call ends reasoning that was not closed.</summary>
    public bool CallEndsReasoning { get; init; }
}
