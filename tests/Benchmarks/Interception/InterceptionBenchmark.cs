using System.Text.Json;
using CurKv.Benchmarks.Kernels;
using CurKv.Connector;
using CurKv.Connector.KvCache;

namespace CurKv.Benchmarks.Interception;

/// <summary>
/// Compresses the same full cache on each path in turn, beside the memory's own speed and the decoding before and after: whatever
/// else the machine does meets all of them.
/// </summary>
internal sealed class InterceptionBenchmark(FilledContext context, InterceptionShape shape, int rounds)
{
    private const int Depths = 5;

    /// <summary>Reading the whole cache's tokens as a prompt, in milliseconds.</summary>
    /// <remarks>
    /// An estimate: chunks are decoded behind five depths of the filled cache, evenly from the first to the last one that a prompt has,
    /// and the trapezoids between them added up. To read 32 768 tokens takes minutes.
    /// </remarks>
    public double EstimatePrefill()
    {
        int last = shape.Tokens - FilledContext.ChunkTokens;
        _ = context.TimeChunk(0);
        double[] chunks = [.. Enumerable.Range(0, Depths).Select(i => context.TimeChunk(last * i / (Depths - 1)))];

        // The trapezoids count every chunk but half of the first and half of the last one.
        double ends = (chunks[0] + chunks[^1]) / 2;
        double chunksBetween = last / (double)FilledContext.ChunkTokens / (Depths - 1);
        return ends + (chunksBetween * (chunks.Sum() - ends));
    }

    /// <summary>Measures every setting in every round.</summary>
    /// <param name="settings">Policies and paths, each with the extra memory that it takes.</param>
    /// <param name="prefillMs">What a compression's time is a share of.</param>
    public InterceptionRow[] Run(IReadOnlyList<(InterceptionSetting Setting, long? ExtraBytes)> settings, double prefillMs)
    {
        using var floor = new ReadFloor(context.Blob, shape.KeptBytes);
        KvCompressionPlan[] plans = [.. settings.Select(item => item.Setting.Plan())];
        Samples[] samples = [.. settings.Select(_ => new Samples())];

        // Round −1 warms buffers and the just-in-time compiler.
        for (int round = -1; round < rounds; round++)
        {
            for (int i = 0; i < plans.Length; i++)
            {
                Measure(floor, plans[i], settings[i].Setting.Path, round < 0 ? new Samples() : samples[i]);
            }
        }

        double floorMs = Timing.Median(samples.SelectMany(sample => sample.Floor));
        return [.. settings.Select((item, i) => Row(item.Setting, samples[i], floorMs, item.ExtraBytes, prefillMs))];
    }

    private void Measure(ReadFloor floor, KvCompressionPlan plan, KvRewritePath path, Samples samples)
    {
        context.Fill(plan);
        samples.FullTokens.AddRange(context.TimeTokens());
        context.Fill(plan);
        samples.Floor.Add(floor.Time());
        KvCompressionReport report = context.Compress(plan, path);
        samples.Score.Add(report.ScoreTime.TotalMilliseconds);
        samples.Rewrite.Add(report.RewriteTime.TotalMilliseconds);
        samples.KeptTokens.AddRange(context.TimeTokens());
    }

    private InterceptionRow Row(InterceptionSetting setting, Samples samples, double floorMs, long? extraBytes, double prefillMs)
    {
        double score = Timing.Median(samples.Score);
        double rewrite = Timing.Median(samples.Rewrite);
        double speedup = Timing.Median(samples.FullTokens) / Timing.Median(samples.KeptTokens);
        double bound = (InterceptionModel.WeightBytes + shape.FullBytes) / (double)(InterceptionModel.WeightBytes + shape.KeptBytes);
        return new InterceptionRow(
            setting.Policy,
            JsonNamingPolicy.KebabCaseLower.ConvertName(setting.Path.ToString()),
            shape.Tokens,
            JsonNamingPolicy.SnakeCaseLower.ConvertName(shape.Cache.ToString()),
            score,
            rewrite,
            floorMs,
            (score + rewrite) / floorMs,
            extraBytes,
            shape.KeptBytes,
            (score + rewrite) / prefillMs,
            speedup,
            speedup / bound);
    }

    /// <summary>One setting's times over the rounds, in milliseconds.</summary>
    private sealed class Samples
    {
        public List<double> Floor { get; } = [];

        public List<double> Score { get; } = [];

        public List<double> Rewrite { get; } = [];

        public List<double> FullTokens { get; } = [];

        public List<double> KeptTokens { get; } = [];
    }
}
