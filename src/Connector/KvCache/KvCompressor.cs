using System.Diagnostics;
using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache.Capture;
using CurKv.Connector.KvCache.Paths;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Diagnostics;
using CurKv.KvPolicy.Selection;
using Microsoft.Extensions.Logging;

namespace CurKv.Connector.KvCache;

/// <summary>Reduces a sequence's cells to a budget; each layer and head selects by its own scores. Used on the context's thread only.</summary>
internal sealed partial class KvCompressor : IDisposable
{
    private readonly ILlamaContext _context;
    private readonly LlamaModelInfo _model;
    private readonly KvCapture? _capture;
    private readonly QueryCapture? _queries;
    private readonly IKvOutputWeights? _outputWeights;
    private readonly KvStateFormat? _format;
    private readonly KvCacheRotation _rotation;
    private readonly RotaryEmbedding?[] _rotary;
    private readonly List<IKvPath> _paths;
    private readonly KvCompressionGuard _guard;
    private readonly HookDetachment? _detachment;
    private readonly HostMemory _memory;
    private readonly HashSet<KvRewritePath> _unsupportedPaths = [];
    private readonly ILogger _logger;
    private ReconstructionScores? _reconstruction;
    private bool _keepsHook;
    private int _observed;

    /// <summary>Tests the context and creates a compressor for it.</summary>
    /// <param name="context">A context whose sequence 0 is empty.</param>
    /// <param name="model">The model's properties.</param>
    /// <param name="outputWeights">The model's output weights; null if they cannot be read.</param>
    /// <param name="capture">The part of the context's hook that finds the cache; null to copy sequences instead.</param>
    /// <param name="queries">The part of the context's hook that observes queries; null if queries cannot be observed.</param>
    /// <param name="logger">Receives the chosen path and each compression.</param>
    /// <param name="access">How the cache can be accessed; null for a cache in host memory.</param>
    public KvCompressor(
        ILlamaContext context,
        LlamaModelInfo model,
        GgufOutputWeights? outputWeights,
        KvCapture? capture,
        QueryCapture? queries,
        ILogger logger,
        KvCacheAccess? access = null)
    {
        access ??= KvCacheAccess.OnHost;
        KvCacheProbe probe = KvCacheProbe.Run(context, model, capture, queries, logger);
        _context = context;
        _model = model;
        _outputWeights = probe.Format?.ModelLayers is { } layers ? outputWeights?.Of(layers) : null;
        _logger = logger;
        _memory = access.Memory;
        _format = probe.Format;
        _rotation = new KvCacheRotation(capture, probe.Format);
        _rotary = [.. Enumerable.Range(0, probe.Format?.Layers.Count ?? 0)
            .Select(i => probe.Format!.ModelLayers is { } known && queries is not null ? queries.Rotary(known[i]) : model.Rotary)];
        _queries = probe.QueriesWork ? queries : null;
        _capture = probe.CaptureWorks ? capture : null;
        _paths = Paths(_capture);
        WarmUpDevice(_capture);
        _detachment = access.DetachHook && capture is not null ? HookDetachment.Try(context, logger) : null;
        _guard = new KvCompressionGuard(model, probe, _rotation, ObservesQueries, _outputWeights is not null);
        UnsupportedReason = probe.UnsupportedReason;
        LogReady(logger, string.Join(", ", _paths.Select(path => path.Kind)), probe.UnsupportedReason ?? "none");
    }

    /// <summary>Why this model's cache cannot be compressed; null if it can.</summary>
    public string? UnsupportedReason { get; }

    /// <summary>Whether the prompt's queries can be observed during prefill.</summary>
    public bool ObservesQueries => _queries is not null;

    /// <summary>Whether the device that holds the cache computes norms itself, which makes policies that read only norms much cheaper than others.</summary>
    public bool MeasuresOnDevice { get; private set; }

    /// <summary>Whether this cache does not support a plan.</summary>
    public bool IsUnsupported(KvCompressionPlan plan) => _guard.UnsupportedReason(plan) is not null;

    /// <summary>Discards what was observed for a compression that did not take place.</summary>
    public void Forget()
    {
        StopObserving();
        _observed = 0;
        if (_reconstruction is not null)
        {
            EndReconstruction();
            _reconstruction = null;
        }
    }

    /// <summary>Throws if a compression is not supported. Call it before prefill, which takes long.</summary>
    /// <exception cref="KvCompressionException">This cache cannot be compressed, or not with this policy.</exception>
    public void ThrowIfUnsupported(KvCompressionPlan plan) => _guard.ThrowIfUnsupported(plan);

    /// <summary>Observes the queries of the tokens that are decoded next: the last ones before the compression.</summary>
    public void StartObserving(int tokens)
    {
        _observed = tokens;
        _queries?.Start(tokens);
        _detachment?.Attach();
    }

    /// <summary>Stops asking for nodes.</summary>
    public void StopObserving()
    {
        _queries?.Stop();
        DetachHook();
    }

    /// <summary>Keeps the hook attached while tokens are decoded one by one: llama.cpp reuses their graph, with the hook that it was built with.</summary>
    /// <param name="keep">True to keep it attached; false to detach it until queries are observed.</param>
    public void KeepHook(bool keep)
    {
        _keepsHook = keep;
        if (keep)
        {
            _detachment?.Attach();
        }

        DetachHook();
    }

    /// <summary>Starts a reconstruction pass, which records the attention that a sequence's tokens receive.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="sinks">The number of first cells that are not reconstructed.</param>
    public void StartReconstruction(KvSequence sequence, int sinks) =>
        _reconstruction = new ReconstructionScores(_format!.Layers.Count, _format.KvHeads, sequence.Cells, sinks);

    /// <summary>Records the attention of the observed tokens: the newest ones of the sequence, which repeated a chunk of it.</summary>
    /// <param name="sequence">The sequence, which still has the pass's own cells.</param>
    /// <param name="chunk">The chunk's cells.</param>
    public void ObserveReconstruction(KvSequence sequence, TokenRange chunk)
    {
        _context.Synchronize();
        _reconstruction!.Observe(Choose(sequence, readsRows: true, null).View(sequence), chunk, block => Queries(_format!.ModelLayers![block]));
    }

    /// <summary>Releases the memory of the pass's queries.</summary>
    public void EndReconstruction() => _queries?.Release();

    /// <summary>Records that the newest cells were removed.</summary>
    public void NoteRemoved(int cells) => _capture?.NoteRemoved(cells);

    /// <summary>Compresses a sequence, if it is long enough and over the budget.</summary>
    /// <param name="sequence">The sequence, which is updated.</param>
    /// <param name="plan">The policy, the budget and the protected tokens.</param>
    /// <param name="path">The path to take; null for the best one that is available.</param>
    /// <returns>The report, or null if the sequence was not compressed.</returns>
    /// <exception cref="KvCompressionException">The cache cannot be compressed, or llama.cpp rejected the cells. In the second case the sequence is empty and can be prefilled again.</exception>
    public KvCompressionReport? Compress(KvSequence sequence, KvCompressionPlan plan, KvRewritePath? path = null)
    {
        if (!plan.Applies(sequence.Tokens, sequence.Cells))
        {
            return null;
        }

        ThrowIfUnsupported(plan);
        long start = Stopwatch.GetTimestamp();
        _context.Synchronize();
        (IKvPath taken, KvLayerTensors[] view, KvSelection selection) = Score(sequence, plan, path);
        TimeSpan scoreTime = Stopwatch.GetElapsedTime(start);
        KvEvictionLoss? loss = plan.MeasureLoss ? KvDiagnostics.Measure(view, selection) : null;

        start = Stopwatch.GetTimestamp();
        int before = sequence.Cells;
        Rewrite(taken, sequence, view, selection);
        sequence.Keep(selection);
        var report = new KvCompressionReport(plan.Selector.Policy.Name, taken.Kind, before, selection.Cells, scoreTime, Stopwatch.GetElapsedTime(start), loss);
        LogCompressed(_logger, sequence.Id, report.Policy, report.CellsBefore, report.CellsAfter, report.Path, report.ScoreTime.TotalMilliseconds, report.RewriteTime.TotalMilliseconds);
        return report;
    }

    private void Rewrite(IKvPath path, KvSequence sequence, KvLayerTensors[] view, KvSelection selection)
    {
        LlamaException? failure = null;
        try
        {
            if (path.Rewrite(sequence, view, selection))
            {
                return;
            }
        }
        catch (LlamaException e)
        {
            failure = e;
        }

        // A rejected blob may leave cells registered, and a device that fails may have moved some rows.
        _context.SequenceRemove(sequence.Id);
        sequence.Clear();
        if (failure is not null && path is DevicePath device)
        {
            GiveUp(device, failure);
        }

        throw new KvCompressionException(
            $"llama.cpp rejected the compressed cells of sequence {sequence.Id}. It is now empty and must be prefilled again. {failure?.Message ?? NativeLog.LastErrors()}", failure);
    }

    public void Dispose()
    {
        foreach (IDisposable path in _paths.OfType<IDisposable>())
        {
            path.Dispose();
        }
    }

    /// <summary>The paths that this cache supports, best first.</summary>
    private List<IKvPath> Paths(KvCapture? capture)
    {
        if (_format is null)
        {
            return [];
        }

        var state = new StatePath(_context, _model, _format, _memory);
        if (capture is null)
        {
            return [state];
        }

        // A cache in host memory is cheaper to read there; its device is the host itself.
        var live = new LiveCache(capture, _format, _model);
        var device = new DevicePath(_context, live);
        return capture.IsComplete
            ? [new InPlacePath(_context, live), new CompactPath(_context, live, _memory), state, device]
            : [device, state];
    }

    private void DetachHook()
    {
        if (!_keepsHook)
        {
            _detachment?.Detach();
        }
    }

    // Loads and possibly compiles the device's kernels, so that the first compression need not wait for them.
    private void WarmUpDevice(KvCapture? capture)
    {
        DevicePath? device = capture is { IsOnDevice: true } ? _paths.OfType<DevicePath>().SingleOrDefault() : null;
        try
        {
            MeasuresOnDevice = device?.WarmUp() == true;
        }
        catch (LlamaException e)
        {
            GiveUp(device!, e);
        }
    }

    private void GiveUp(DevicePath device, LlamaException why)
    {
        LogDeviceFailed(_logger, why.Message);
        _paths.Remove(device);
        device.Dispose();
        MeasuresOnDevice = false;
    }

    /// <summary>Scores and selects on the best path, or on the next one if a device fails: no cell is changed yet.</summary>
    private (IKvPath Taken, KvLayerTensors[] View, KvSelection Selection) Score(KvSequence sequence, KvCompressionPlan plan, KvRewritePath? wanted)
    {
        IKvPath taken = Choose(sequence, plan.ReadsRows, wanted);
        try
        {
            KvLayerTensors[] view = taken.View(sequence);
            Complete(view, sequence, plan);
            KvSelection selection = Select(view, sequence, plan);

            // They belong to this compression only.
            _observed = 0;
            _reconstruction = null;
            return (taken, view, selection);
        }
        catch (LlamaException e) when (taken is DevicePath device && wanted is null && e is not KvCompressionException)
        {
            GiveUp(device, e);
            return Score(sequence, plan, null);
        }
    }

    private IKvPath Choose(KvSequence sequence, bool readsRows, KvRewritePath? wanted)
    {
        string? unsupportedReason = null;
        foreach (IKvPath path in _paths.Where(path => wanted is null || path.Kind == wanted))
        {
            unsupportedReason = path.UnsupportedReason(sequence, readsRows);
            if (unsupportedReason is null)
            {
                return path;
            }

            LogPathUnsupported(_logger, _unsupportedPaths.Add(path.Kind) ? LogLevel.Warning : LogLevel.Debug, path.Kind, sequence.Id, unsupportedReason);
        }

        throw new KvCompressionException($"The {wanted} path is not available for sequence {sequence.Id}: {unsupportedReason ?? "the cache's tensors were not found"}.");
    }

    /// <summary>Adds the policy's other inputs to the cached tensors.</summary>
    private void Complete(KvLayerTensors[] view, KvSequence sequence, KvCompressionPlan plan)
    {
        for (int i = 0; i < view.Length; i++)
        {
            view[i] = view[i] with
            {
                Rotary = _rotation.IsKnown ? _rotary[i] : null,
                Positions = sequence.HeadPositions?[i],
                KeyRotation = _rotation.Keys,
                ValueRotation = _rotation.Values,
                Queries = plan.QueryWindow > 0 ? Queries(_format!.ModelLayers![i]) : default,
                OutputWeights = _outputWeights,
                ReconstructionAttention = _reconstruction?[i] ?? default,
            };
        }
    }

    private static KvSelection Select(KvLayerTensors[] view, KvSequence sequence, KvCompressionPlan plan)
    {
        try
        {
            KvBudget budget = plan.BudgetOf(sequence.Tokens);
            return plan.Selector.Select(view, budget, plan.ProtectionWithin(budget, sequence.Cells));
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw new KvCompressionException(
                $"The policy '{plan.Selector.Policy.Name}' could not select from {sequence.Cells} cells: {e.Message}", e)
            { Fault = LlamaFault.PolicyUnsuited };
        }
    }

    private KvQueries Queries(int layer) => _queries?.Take(layer, _observed, _rotation.Keys)
        ?? throw new KvCompressionException($"The queries of layer {layer} were not all observed.") { Fault = LlamaFault.QueriesNotObserved };

    [LoggerMessage(LogLevel.Debug, "KV compression: paths {Paths}, unsupported reason {UnsupportedReason}.")]
    private static partial void LogReady(ILogger logger, string paths, string unsupportedReason);

    [LoggerMessage(LogLevel.Warning, "The device that holds the cache cannot compress it. Compression copies the cache to the host instead: {Why}")]
    private static partial void LogDeviceFailed(ILogger logger, string why);

    [LoggerMessage(Message = "The {Path} path is not available for sequence {Sequence}: {UnsupportedReason}. The next best path is used.")]
    private static partial void LogPathUnsupported(ILogger logger, LogLevel level, KvRewritePath path, int sequence, string unsupportedReason);

    [LoggerMessage(LogLevel.Information, "Compressed sequence {Sequence} with {Policy} from {Before} to {After} cells on the {Path} path: scored in {ScoreMs:F1} ms, rewritten in {RewriteMs:F1} ms.")]
    private static partial void LogCompressed(ILogger logger, int sequence, string policy, int before, int after, KvRewritePath path, double scoreMs, double rewriteMs);
}
