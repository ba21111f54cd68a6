using CurKv.Connector;
using CurKv.Connector.Chat;
using CurKv.Connector.KvCache;
using Microsoft.Extensions.AI;

namespace CurKv.Benchmarks.Compression;

/// <summary>
/// Reads the demo's document with the full cache and under each setting, alternating, so that whatever else the machine does
/// meets all of them: only ratios within a round count.
/// </summary>
internal sealed class CompressionBenchmark(LlamaChatClient client)
{
    private const int AnswerTokens = 64;
    private const int Answers = 4;
    private static readonly string Document = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Documents", "valley-book.txt"));

    public static FileInfo BundledModel { get; } = new(Path.Combine(AppContext.BaseDirectory, "models", "pebble-17m-q8_0.gguf"));

    public async Task<CompressionReport> RunAsync(IReadOnlyList<string> policies, IReadOnlyList<double> ratios, int rounds, CancellationToken cancellationToken)
    {
        List<KvCompressionOptions> settings =
        [
            .. from ratio in ratios
               from policy in policies
               select new KvCompressionOptions { Policy = policy, Ratio = ratio },
        ];
        List<Sample>[] samples = [.. settings.Select(_ => new List<Sample>())];

        // Round −1 warms caches, buffers and the just-in-time compiler.
        for (int round = -1; round < rounds; round++)
        {
            (_, double before) = await MeasureAsync(new KvCompressionOptions { Policy = KvCompressionOptions.NoPolicy }, cancellationToken);
            for (int i = 0; i < settings.Count; i++)
            {
                (GenerationStatistics reading, double after) = await MeasureAsync(settings[i], cancellationToken);
                if (round >= 0)
                {
                    samples[i].Add(new Sample(reading, before, after));
                }
            }
        }

        LlamaRuntimeInfo runtime = client.GetService<LlamaRuntimeInfo>()!;
        return new CompressionReport(
            runtime.Binding, runtime.LlamaCppBuild, Path.GetFileName(runtime.ModelPath), rounds, [.. settings.Zip(samples, Row)]);
    }

    private static CompressionRow Row(KvCompressionOptions setting, List<Sample> samples)
    {
        KvCompressionReport compression = samples[0].Reading.Compression!;
        return new CompressionRow(
            setting.Policy,
            setting.Ratio,
            compression.Path.ToString(),
            compression.CellsBefore,
            compression.CellsAfter,
            Median(sample => sample.Reading.PrefillTime.TotalMilliseconds),
            Median(sample => sample.Reading.Compression!.ScoreTime.TotalMilliseconds),
            Median(sample => sample.Reading.Compression!.RewriteTime.TotalMilliseconds),
            Median(sample => sample.Reading.Compression!.TotalTime / sample.Reading.PrefillTime),
            Median(sample => sample.SpeedBefore),
            Median(sample => sample.SpeedAfter),
            Median(sample => sample.SpeedAfter / sample.SpeedBefore));

        double Median(Func<Sample, double> value)
        {
            double[] sorted = [.. samples.Select(value).Order()];
            return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
    }

    private async Task<(GenerationStatistics Reading, double TokensPerSecond)> MeasureAsync(KvCompressionOptions compression, CancellationToken cancellationToken)
    {
        using LlamaDocument document = await client.ReadDocumentAsync(Document, new LlamaDocumentOptions { Compression = compression }, cancellationToken: cancellationToken);
        double seconds = 0;
        int tokens = 0;
        for (int i = 0; i < Answers; i++)
        {
            // A high temperature keeps the model talking: an answer of one sentence is too short to be timed.
            var options = new ChatOptions { Temperature = 2, Seed = i, MaxOutputTokens = AnswerTokens };
            ChatResponse response = await document.GetResponseAsync("Tell me about the valley.", options, cancellationToken);
            var statistics = (GenerationStatistics)response.RawRepresentation!;
            seconds += statistics.DecodeTime.TotalSeconds;
            tokens += statistics.DecodedTokens;
        }

        return (document.Statistics, tokens / seconds);
    }

    private sealed record Sample(GenerationStatistics Reading, double SpeedBefore, double SpeedAfter);
}
