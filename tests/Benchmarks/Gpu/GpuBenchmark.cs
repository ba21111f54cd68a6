using System.Diagnostics;
using CurKv.Connector;
using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.Device;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Leverage;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;
using Microsoft.Extensions.Logging;

namespace CurKv.Benchmarks.Gpu;

/// <summary>Measures what compression adds to a prefill on a GPU, and what it gains while decoding.</summary>
internal sealed class GpuBenchmark(LlamaSharpEngine engine, ModelShape shape, long weightBytes, KvElementType cacheType, ILogger logger)
{
    private const double Ratio = 0.9;
    private const int DecodedTokens = 48;
    private const int BatchSize = 2048;

    /// <summary>Compares the device path with the state path: bytes moved, norms measured.</summary>
    public unsafe void Verify(int tokens)
    {
        using GpuContext context = Create(tokens, HookMode.Detached);
        context.Read(tokens, seed: 3);
        using NativeBuffer full = context.State();
        nuint fullBytes = context.StateBytes;
        var blobs = new NativeBuffer[2];
        var sizes = new nuint[2];
        KvRewritePath[] paths = [KvRewritePath.State, KvRewritePath.Device];
        for (int i = 0; i < paths.Length; i++)
        {
            context.Restore(full, fullBytes, tokens);
            context.Compressor.Compress(context.Sequence, Plan(new RandomTokens()), paths[i]);
            blobs[i] = context.State();
            sizes[i] = context.StateBytes;
        }

        context.Restore(full, fullBytes, tokens);
        GpuRow.Write(
            "verify", ("tokens", tokens), ("cache", cacheType.ToString()),
            ("blobs_identical", sizes[0] == sizes[1] && new ReadOnlySpan<byte>(blobs[0].Data, (int)sizes[0]).SequenceEqual(new ReadOnlySpan<byte>(blobs[1].Data, (int)sizes[1]))),
            ("blob_bytes", (long)sizes[1]), ("worst_relative_norm_error", NormError(context, full, fullBytes)));
        Array.ForEach(blobs, blob => blob.Dispose());
    }

    /// <summary>Measures one length with each way to use the hook.</summary>
    public void Measure(int tokens, int runs)
    {
        double plain = Prefill(tokens, HookMode.None, runs);
        Prefill(tokens, HookMode.Attached, runs);
        using GpuContext context = Create(tokens, HookMode.Detached);
        long asks = context.Asks;
        int kept = KvBudget.FromRatio(Ratio).Cells(tokens);
        double cellBytes = shape.CacheBytesPerToken(KvTensor.SliceBytesOf(cacheType, 32));

        // The last run is by what a document gets by default, which measures the keys once more.
        for (int run = 0; run <= runs; run++)
        {
            IKvPolicy policy = run < runs ? new CurDkv() : KvPolicyCatalog.Default.Create(KvCompressionDefaults.QueryFreePolicy);
            double prefill = context.Read(tokens, seed: run);
            double before = context.DecodeSpeed(DecodedTokens);
            double norms = Norms(context);
            long start = Stopwatch.GetTimestamp();
            KvCompressionReport report = context.Compressor.Compress(context.Sequence, Plan(policy), context.Capture!.IsOnDevice ? null : KvRewritePath.Device)!;
            double total = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            double after = context.DecodeSpeed(DecodedTokens);
            GpuRow.Write(
                "compression", ("model", shape.Name), ("cache", cacheType.ToString()), ("tokens", tokens), ("run", run), ("path", report.Path.ToString()), ("policy", report.Policy),
                ("prefill_ms", prefill), ("prefill_without_hook_ms", plain), ("asks_while_detached", context.Asks - asks),
                ("score_and_select_ms", report.ScoreTime.TotalMilliseconds), ("gather_and_metadata_ms", report.RewriteTime.TotalMilliseconds), ("compression_ms", total),
                ("norms_on_device_alone_ms", norms), ("share_of_prefill_percent", 100 * (prefill + total - plain) / plain), ("compression_share_percent", 100 * total / plain),
                ("cells_after", report.CellsAfter), ("decode_before_per_s", before), ("decode_after_per_s", after), ("decode_gain", after / before),
                ("decode_bound", (weightBytes + (tokens * cellBytes)) / (weightBytes + (kept * cellBytes))),
                ("cache_read_for_scores_bytes", 1.5 * tokens * cellBytes), ("rows_moved_bytes", 2 * kept * cellBytes), ("to_host_bytes", 2.0 * shape.Layers * shape.KvHeads * tokens * sizeof(float)),
                ("device_used_bytes", DeviceUsed(context)));
        }
    }

    private static KvCompressionPlan Plan(IKvPolicy policy) => new(new KvSelector(policy), KvBudget.FromRatio(Ratio), new KvProtection(), MinTokens: 0);

    private static unsafe long DeviceUsed(GpuContext context)
    {
        (long free, long total) = GgmlBackend.MemoryOf(GgmlBackend.DeviceOf(context.Capture!.Keys(0)));
        return total - free;
    }

    private GpuContext Create(int tokens, HookMode hook)
    {
        var settings = new LlamaContextSettings
        {
            ContextSize = tokens + 256, BatchSize = Math.Min(BatchSize, tokens), Threads = Math.Min(4, Environment.ProcessorCount / 2),
            FlashAttention = FlashAttentionMode.On, KeyType = cacheType, ValueType = cacheType,
        };
        var context = new GpuContext(engine, settings, hook, logger);
        GpuRow.Write("context", ("hook", hook.ToString()), ("tokens", tokens), ("cache", cacheType.ToString()), ("start_ms", context.StartMilliseconds));
        context.Read(Math.Min(tokens, 2 * BatchSize), seed: 99);
        return context;
    }

    private double Prefill(int tokens, HookMode hook, int runs)
    {
        using GpuContext context = Create(tokens, hook);
        double best = double.PositiveInfinity;
        for (int run = 0; run < runs; run++)
        {
            best = Math.Min(best, context.Read(tokens, seed: run));
        }

        double decode = context.DecodeSpeed(DecodedTokens);
        if (hook == HookMode.None)
        {
            StatePath(context, best, tokens);
        }

        GpuRow.Write(
            "prefill", ("model", shape.Name), ("cache", cacheType.ToString()), ("hook", hook.ToString()), ("tokens", tokens), ("prefill_ms", best),
            ("tokens_per_s", tokens / best * 1000), ("decode_per_s", decode), ("asks", context.Asks));
        return best;
    }

    // Where there is no hook: the whole state comes to pinned memory and is scored by the processor.
    private void StatePath(GpuContext context, double prefill, int tokens)
    {
        if (tokens > 32768)
        {
            return;
        }

        long start = Stopwatch.GetTimestamp();
        KvCompressionReport report = context.Compressor.Compress(context.Sequence, Plan(new CurDkv()))!;
        double total = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        GpuRow.Write(
            "compression_without_hook", ("model", shape.Name), ("cache", cacheType.ToString()), ("tokens", tokens), ("path", report.Path.ToString()),
            ("score_and_select_ms", report.ScoreTime.TotalMilliseconds), ("rewrite_ms", report.RewriteTime.TotalMilliseconds), ("compression_ms", total), ("compression_share_percent", 100 * total / prefill));
    }

    private double Norms(GpuContext context)
    {
        using var cache = new DeviceCache(context.Capture!, shape.Layers, 1);
        using var staging = new DeviceStaging(HostMemory.ForGpu());
        KvLayerTensors[] view = View(context);
        var norms = new DeviceNorms(cache, view, 0, staging);
        var squares = new float[shape.KvHeads * context.Sequence.Cells];
        norms.CentredKeys(0, 4, squares);
        long start = Stopwatch.GetTimestamp();
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            norms.CentredKeys(layer, 4, squares);
            norms.Values(layer, squares);
        }

        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private KvLayerTensors[] View(GpuContext context)
    {
        var format = new KvStateFormat(1, ValuesTransposed: false, []);
        KvLayerTensors[] view = context.Capture!.View(0, context.Sequence.Cells, format, shape.KvHeads, shape.HeadDimension, shape.HeadDimension);
        return Array.ConvertAll(view, layer => layer with { Rotary = engine.Model.Rotary, KeyRotation = context.Capture.KeyRotation });
    }

    private unsafe double NormError(GpuContext context, NativeBuffer full, nuint fullBytes)
    {
        KvLayerTensors[] stored = KvStateBlob.TryParse(full.Data, fullBytes)!.View(shape.KvHeads, shape.HeadDimension, shape.HeadDimension);
        using var cache = new DeviceCache(context.Capture!, shape.Layers, 1);
        using var staging = new DeviceStaging(HostMemory.ForGpu());
        KvLayerTensors[] view = View(context);
        var norms = new DeviceNorms(cache, view, 0, staging);
        var expected = new float[shape.KvHeads * context.Sequence.Cells];
        var actual = new float[expected.Length];
        double worst = 0;
        foreach (int layer in new[] { 0, shape.Layers - 1 })
        {
            var kernel = new KvLayer(layer, view[layer] with { Keys = stored[layer].Keys, Values = stored[layer].Values }, context.Sequence.Cells, 4);
            kernel.MeasureCentredKeyNorms(4, expected);
            norms.CentredKeys(layer, 4, actual);
            Compare();
            kernel.MeasureValueNorms(expected);
            norms.Values(layer, actual);
            Compare();
        }

        return worst;

        void Compare()
        {
            for (int i = 0; i < expected.Length; i++)
            {
                worst = Math.Max(worst, Math.Abs(expected[i] - actual[i]) / (double)expected[i]);
            }
        }
    }
}
