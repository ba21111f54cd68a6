namespace CurKv.Connector.Templates;

/// <summary>A part of a rendered prompt that came from the caller. All other text was written by the template.</summary>
/// <param name="Start">The first character.</param>
/// <param name="End">The character after the last one.</param>
/// <param name="Part">The kind of text.</param>
/// <param name="Turn">The index of the message that it belongs to; −1 for tools.</param>
internal readonly record struct PromptSpan(int Start, int End, PromptPart Part, int Turn);
