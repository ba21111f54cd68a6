using CurKv.Connector.Templates;

namespace CurKv.Connector.Chat;

/// <summary>A document as it was read: what questions about it continue.</summary>
/// <param name="Text">The document.</param>
/// <param name="Instructions">The system prompt before it; null for none.</param>
/// <param name="Opening">What was read: the prompt up to the question.</param>
internal sealed record ReadDocument(string Text, string? Instructions, Prompt Opening);
