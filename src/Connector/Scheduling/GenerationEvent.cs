using Microsoft.Extensions.AI;

namespace CurKv.Connector.Scheduling;

/// <summary>A piece of an answer on its way from the native thread: how far the prompt is read, contents, or, last of all, the end.</summary>
/// <param name="Contents">What the answer has gained.</param>
/// <param name="FinishReason">Why the answer ended; null while it goes on.</param>
/// <param name="Statistics">What it took; null while it goes on.</param>
/// <param name="Progress">How far the prompt is read; null once it is.</param>
internal readonly record struct GenerationEvent(
    IReadOnlyList<AIContent> Contents, ChatFinishReason? FinishReason = null, GenerationStatistics? Statistics = null, PromptProgress? Progress = null);
