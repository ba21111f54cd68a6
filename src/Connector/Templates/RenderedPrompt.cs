namespace CurKv.Connector.Templates;

/// <summary>A conversation as a template rendered it.</summary>
/// <param name="Text">The text, with the assistant's turn opened.</param>
/// <param name="Turns">The messages as the template saw them.</param>
/// <param name="Spans">What of the text came from the caller: ascending, not overlapping.</param>
internal sealed record RenderedPrompt(string Text, IReadOnlyList<ChatTurn> Turns, IReadOnlyList<PromptSpan> Spans);
