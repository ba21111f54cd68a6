namespace CurKv.Connector.Templates.Formats;

/// <summary>The delimiters of a format. No delimiter is a prefix of another one.</summary>
internal sealed record FormatSyntax
{
    /// <summary>The pairs of delimiters around reasoning. The first is the family's own.</summary>
    public IReadOnlyList<ReasoningDelimiters> Reasoning { get; init; } = [ReasoningDelimiters.Think];

    /// <summary>The syntaxes of tool calls.</summary>
    public IReadOnlyList<ToolCallSyntax> Calls { get; init; } = [];

    /// <summary>Delimiters without a meaning for the user, which are left out.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Delimiters around calls, which are left out if calls are expected.</summary>
    public IReadOnlyList<string> CallWrappers { get; init; } = [];

    /// <summary>Delimiters between calls, which are left out directly after a call.</summary>
    public IReadOnlyList<string> CallSeparators { get; init; } = [];

    /// <summary>Whether the beginning of a call ends reasoning that is still open.</summary>
    public bool CallEndsReasoning { get; init; }
}
