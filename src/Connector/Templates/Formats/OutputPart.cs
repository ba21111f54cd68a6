using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>A part of an answer.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Text">The text; empty for a call.</param>
/// <param name="Call">The call; null for text.</param>
internal readonly record struct OutputPart(OutputPartKind Kind, string Text, FunctionCallContent? Call = null);
