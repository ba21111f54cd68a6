namespace CurKv.Connector.Templates.Formats;

/// <summary>The delimiters around reasoning.</summary>
/// <param name="Open">The opening delimiter.</param>
/// <param name="Close">The closing delimiter.</param>
internal sealed record ReasoningDelimiters(string Open, string Close)
{
    /// <summary>The pair that most families share.</summary>
    public static ReasoningDelimiters Think { get; } = new("<think>", "</think>");
}
