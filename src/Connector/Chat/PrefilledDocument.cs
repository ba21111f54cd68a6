using CurKv.Connector.Templates;

namespace CurKv.Connector.Chat;

/// <summary>A prefilled document, which questions continue.</summary>
/// <param name="Text">The document.</param>
/// <param name="Instructions">The system prompt before it; null for none.</param>
/// <param name="Prefix">The prompt up to the question.</param>
internal sealed record PrefilledDocument(string Text, string? Instructions, Prompt Prefix);
