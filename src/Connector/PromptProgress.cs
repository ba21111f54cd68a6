namespace CurKv.Connector;

/// <summary>The progress of a prefill.</summary>
/// <param name="Processed">The number of tokens prefilled so far.</param>
/// <param name="Total">The number of tokens to prefill.</param>
public readonly record struct PromptProgress(int Processed, int Total);
