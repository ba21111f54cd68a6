namespace CurKv.Connector.Templates;

/// <summary>A part of a rendered prompt that came from the caller; all else was written by the template.</summary>
/// <param name="Start">The first character.</param>
/// <param name="End">Behind the last character.</param>
/// <param name="Part">What it holds.</param>
/// <param name="Turn">The message that it belongs to, counted from 0; −1 for tools.</param>
internal readonly record struct PromptSpan(int Start, int End, PromptPart Part, int Turn);
