using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>A part of an answer, as it may be given out.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The text; empty for a call.</param>
/// <param name="Call">The call; null for text.</param>
internal readonly record struct OutputPart(OutputPartKind Kind, string Text, FunctionCallContent? Call = null);
