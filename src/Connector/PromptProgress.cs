namespace CurKv.Connector;

/// <summary>How far a prompt is read.</summary>
/// <param name="Processed">Tokens read so far.</param>
/// <param name="Total">The prompt's tokens.</param>
public readonly record struct PromptProgress(int Processed, int Total);
