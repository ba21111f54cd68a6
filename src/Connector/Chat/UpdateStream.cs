using System.Runtime.CompilerServices;
using CurKv.Connector.Scheduling;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>Converts generation events to chat updates: text, then one update with the finish reason, the usage and the statistics.</summary>
internal static class UpdateStream
{
    private const string CellsKept = "kv_cells_kept";
    private const string CellsEvicted = "kv_cells_evicted";

    public static async IAsyncEnumerable<ChatResponseUpdate> FromAsync(
        IAsyncEnumerable<GenerationEvent> events, string modelId, bool showsReasoning, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string responseId = Guid.NewGuid().ToString("N");
        string messageId = Guid.NewGuid().ToString("N");
        await foreach (GenerationEvent item in events.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var update = new ChatResponseUpdate(ChatRole.Assistant, [.. item.Contents.Where(content => showsReasoning || content is not TextReasoningContent)])
            {
                ResponseId = responseId,
                MessageId = messageId,
                CreatedAt = DateTimeOffset.UtcNow,
                ModelId = modelId,
                FinishReason = item.FinishReason,
            };
            if (item.Statistics is GenerationStatistics statistics)
            {
                update.Contents.Add(new UsageContent(Usage(statistics)));
                update.RawRepresentation = statistics;
            }
            else if (item.Progress is PromptProgress progress)
            {
                update.RawRepresentation = progress;
            }

            yield return update;
        }
    }

    /// <summary>Collects updates into a response that carries the statistics.</summary>
    public static async Task<ChatResponse> CollectAsync(IAsyncEnumerable<ChatResponseUpdate> updates)
    {
        List<ChatResponseUpdate> collected = [];
        await foreach (ChatResponseUpdate update in updates.ConfigureAwait(false))
        {
            collected.Add(update);
        }

        ChatResponse response = collected.ToChatResponse();
        response.RawRepresentation = collected[^1].RawRepresentation;
        return response;
    }

    private static UsageDetails Usage(GenerationStatistics statistics)
    {
        var usage = new UsageDetails
        {
            InputTokenCount = statistics.PromptTokens,
            OutputTokenCount = statistics.OutputTokens,
            TotalTokenCount = statistics.PromptTokens + statistics.OutputTokens,
            ReasoningTokenCount = statistics.ReasoningTokens,
            CachedInputTokenCount = statistics.CachedPromptTokens,
        };
        if (statistics.Compression is KvCompressionReport compression)
        {
            usage.AdditionalCounts = new AdditionalPropertiesDictionary<long>
            {
                [CellsKept] = compression.CellsAfter,
                [CellsEvicted] = statistics.Compressions.Sum(report => report.CellsBefore - report.CellsAfter),
            };
        }

        return usage;
    }
}
