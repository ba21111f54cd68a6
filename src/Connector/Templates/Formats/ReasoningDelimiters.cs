namespace CurKv.Connector.Templates.Formats;

/// <summary>The texts between which a model reasons.</summary>
/// <param name="Open">The opening one.</param>
/// <param name="Close">The closing one.</param>
internal sealed record ReasoningDelimiters(string Open, string Close)
{
    /// <summary>The pair that most families share.</summary>
    public static ReasoningDelimiters Think { get; } = new("<think>", "</think>");
}
