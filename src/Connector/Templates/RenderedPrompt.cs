namespace CurKv.Connector.Templates;

/// <summary>A rendered conversation.</summary>
/// <param name="Text">The text, which ends with the opening of the assistant's turn.</param>
/// <param name="Turns">The messages that were rendered.</param>
/// <param name="Spans">The parts of the text that came from the caller: ascending, not overlapping.</param>
internal sealed record RenderedPrompt(string Text, IReadOnlyList<ChatTurn> Turns, IReadOnlyList<PromptSpan> Spans);
