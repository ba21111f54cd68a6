using CurKv.Connector;
using CurKv.Connector.Chat;
using Microsoft.Extensions.AI;

namespace CurKv.Samples.Chat;

/// <summary>Reads the document once for each setting, and asks all questions of what is left of it.</summary>
internal sealed class DocumentDemo(LlamaChatClient client, DocumentQuestions reading)
{
    public DocumentQuestions DocumentQuestions => reading;

    public LlamaRuntimeInfo Runtime { get; } = client.GetService<LlamaRuntimeInfo>()!;

    /// <summary>Runs all settings.</summary>
    /// <param name="settings">The settings, the full cache first.</param>
    /// <param name="progress">Told the setting, and the share of it that is done.</param>
    /// <param name="cancellationToken">Stops the demo.</param>
    public async Task<DemoReport> RunAsync(
        IReadOnlyList<DemoSetting> settings, Action<DemoSetting, double> progress, CancellationToken cancellationToken)
    {
        await WarmUpAsync(cancellationToken);
        List<DemoRun> runs = [];
        int tokens = 0;
        foreach (DemoSetting setting in settings)
        {
            using LlamaDocument document = await client.ReadDocumentAsync(
                reading.Document, setting.Options, new InlineProgress(share => progress(setting, share / 2)), cancellationToken);
            tokens = document.Statistics.PromptTokens;
            runs.Add(await AskAsync(setting, document, runs.Count > 0 ? runs[0].DecodeTpsAfter : null, progress, cancellationToken));
        }

        return new DemoReport(Runtime.Binding, Runtime.LlamaCppBuild, Path.GetFileName(Runtime.ModelPath), tokens, runs);
    }

    // The first reading compiles code and fills caches, which is nobody's cost in particular.
    private async Task WarmUpAsync(CancellationToken cancellationToken)
    {
        using LlamaDocument document = await client.ReadDocumentAsync(reading.Document, cancellationToken: cancellationToken);
        await document.GetResponseAsync("Hello.", DemoSetting.FullCache.ChatOptions, cancellationToken);
    }

    private async Task<DemoRun> AskAsync(
        DemoSetting setting, LlamaDocument document, double? fullCacheSpeed, Action<DemoSetting, double> progress, CancellationToken cancellationToken)
    {
        List<(Question, string, bool)> replies = [];
        List<KvCompressionReport> compressions = document.Statistics.Compression is { } once ? [once] : [];
        double seconds = 0;
        int decoded = 0;
        foreach (Question question in reading.Questions)
        {
            ChatResponse response = await document.GetResponseAsync(question.Text, setting.ChatOptions, cancellationToken);
            var statistics = (GenerationStatistics)response.RawRepresentation!;
            compressions.AddRange(statistics.Compression is { } each ? [each] : Array.Empty<KvCompressionReport>());
            seconds += statistics.DecodeTime.TotalSeconds;
            decoded += statistics.DecodedTokens;
            replies.Add((question, response.Text, question.IsAnsweredBy(response.Text)));
            progress(setting, 0.5 + (replies.Count / 2.0 / reading.Questions.Count));
        }

        progress(setting, 1);
        double speed = seconds > 0 ? decoded / seconds : 0;
        return new DemoRun
        {
            Policy = setting.Policy,
            Ratio = setting.Ratio,
            CellsBefore = compressions.FirstOrDefault()?.CellsBefore ?? document.Statistics.PromptTokens,
            CellsAfter = compressions.FirstOrDefault()?.CellsAfter ?? document.Statistics.Cells,
            PrefillMs = document.Statistics.PrefillTime.TotalMilliseconds,
            CompressMs = compressions.Count > 0 ? compressions.Average(compression => compression.TotalTime.TotalMilliseconds) : 0,
            DecodeTpsBefore = fullCacheSpeed ?? speed,
            DecodeTpsAfter = speed,
            Replies = replies,
        };
    }

    /// <summary>Reports at once, in order; <see cref="Progress{T}"/> would post to the pool.</summary>
    private sealed class InlineProgress(Action<double> report) : IProgress<PromptProgress>
    {
        public void Report(PromptProgress value) => report((double)value.Processed / value.Total);
    }
}
