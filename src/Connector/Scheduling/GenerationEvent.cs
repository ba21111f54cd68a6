using Microsoft.Extensions.AI;

namespace CurKv.Connector.Scheduling;

/// <summary>An event from the native thread: the progress of the prefill, new contents, or, last of all, the end of the answer.</summary>
/// <param name="Contents">The new contents.</param>
/// <param name="FinishReason">Why the answer ended; null before the end.</param>
/// <param name="Statistics">The answer's statistics; null before the end.</param>
/// <param name="Progress">The progress of the prefill; null after it.</param>
internal readonly record struct GenerationEvent(
    IReadOnlyList<AIContent> Contents, ChatFinishReason? FinishReason = null, GenerationStatistics? Statistics = null, PromptProgress? Progress = null);
