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

/// <summary>Cuts a sequence's cells down to a budget, each layer and head by its own scores. Used on the context's thread only.</summary>
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
    private readonly HashSet<KvRewritePath> _obstructed = [];
    private readonly ILogger _logger;
    private KvRepetition? _repetition;
    private bool _keepsHook;
    private int _observed;

    /// <summary>Tests the context and creates a compressor for it.</summary>
    /// <param name="context">A context whose sequence 0 is empty.</param>
    /// <param name="model">The model's facts.</param>
    /// <param name="outputWeights">The model's output weights; null where it has none that can be read.</param>
    /// <param name="capture">The part of the context's hook that finds the cache; null to copy sequences instead.</param>
    /// <param name="queries">The part of the context's hook that observes queries; null where none can be.</param>
    /// <param name="logger">Receives the choice of the path and each compression.</param>
    /// <param name="access">How the cache may be reached; null where it lies in the host's memory.</param>
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
        Refusal = probe.Refusal;
        LogReady(logger, string.Join(", ", _paths.Select(path => path.Kind)), probe.Refusal ?? "none");
    }

    /// <summary>Why this model's cache cannot be compressed; null where it can.</summary>
    public string? Refusal { get; }

    /// <summary>Whether the prompt's queries can be observed while it is read.</summary>
    public bool ObservesQueries => _queries is not null;

    /// <summary>Whether policies that read norms alone are served by the device that holds the cache, at a small part of others' cost.</summary>
    public bool MeasuresOnDevice { get; private set; }

    /// <summary>Whether a plan is not possible here.</summary>
    public bool Refuses(KvCompressionPlan plan) => _guard.Refusal(plan) is not null;

    /// <summary>Forgets what was observed for a compression that did not come to pass.</summary>
    public void Forget()
    {
        StopObserving();
        _observed = 0;
        if (_repetition is not null)
        {
            EndRepetition();
            _repetition = null;
        }
    }

    /// <summary>Refuses a compression that is not possible here: to be called before the tokens are read, which takes long.</summary>
    /// <exception cref="KvCompressionException">This cache cannot be compressed, or not by this policy.</exception>
    public void ThrowIfRefused(KvCompressionPlan plan) => _guard.ThrowIfRefused(plan);

    /// <summary>Observes the queries of the tokens that are decoded next, the last ones before the compression.</summary>
    public void StartObserving(int tokens)
    {
        _observed = tokens;
        _queries?.Start(tokens);
        _detachment?.Attach();
    }

    /// <summary>Asks for no node any more.</summary>
    public void StopObserving()
    {
        _queries?.Stop();
        DetachHook();
    }

    /// <summary>Leaves the hook in place while tokens are decoded one by one: their graph is used again, with the hook that it was made with.</summary>
    /// <param name="keep">Whether to; false takes it away until queries are observed.</param>
    public void KeepHook(bool keep)
    {
        _keepsHook = keep;
        if (keep)
        {
            _detachment?.Attach();
        }

        DetachHook();
    }

    /// <summary>Begins to note what a sequence's tokens receive while they are repeated.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="sinks">How many of its first cells are not repeated.</param>
    public void StartRepetition(KvSequence sequence, int sinks) =>
        _repetition = new KvRepetition(_format!.Layers.Count, _format.KvHeads, sequence.Cells, sinks);

    /// <summary>Notes the attention of the observed tokens, the newest ones of the sequence, which repeated a chunk of it.</summary>
    /// <param name="sequence">The sequence, which still has the pass's own cells.</param>
    /// <param name="chunk">The chunk's cells.</param>
    public void ObserveRepetition(KvSequence sequence, TokenRange chunk)
    {
        _context.Synchronize();
        _repetition!.Observe(Choose(sequence, readsRows: true, null).View(sequence), chunk, block => Queries(_format!.ModelLayers![block]));
    }

    /// <summary>Gives the memory of the pass's queries back: there were many at once.</summary>
    public void EndRepetition() => _queries?.Release();

    /// <summary>Notes that the newest cells were removed.</summary>
    public void NoteRemoved(int cells) => _capture?.NoteRemoved(cells);

    /// <summary>Compresses a sequence, if it is long enough and over the budget.</summary>
    /// <param name="sequence">The sequence; what is left of it is noted there.</param>
    /// <param name="plan">The policy, the budget and what is protected.</param>
    /// <param name="path">The path to take; null for the best one that works.</param>
    /// <returns>What was done, or null where the sequence was left alone.</returns>
    /// <exception cref="KvCompressionException">The cache cannot be compressed, or llama.cpp refused the cells; then the sequence is empty and can be read again.</exception>
    public KvCompressionReport? Compress(KvSequence sequence, KvCompressionPlan plan, KvRewritePath? path = null)
    {
        if (!plan.Applies(sequence.Tokens, sequence.Cells))
        {
            return null;
        }

        ThrowIfRefused(plan);
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

        // A refused blob may leave cells registered, and a device that fails some cells moved.
        _context.SequenceRemove(sequence.Id);
        sequence.Clear();
        if (failure is not null && path is DevicePath device)
        {
            GiveUp(device, failure);
        }

        throw new KvCompressionException(
            $"The compressed cells of sequence {sequence.Id} were refused; it is now empty and has to be read again. {failure?.Message ?? NativeLog.LastErrors()}", failure);
    }

    public void Dispose()
    {
        foreach (IDisposable path in _paths.OfType<IDisposable>())
        {
            path.Dispose();
        }
    }

    /// <summary>The paths that this cache allows, the best one first.</summary>
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

        // A cache in the host's memory is read there at less cost; its device is the host itself.
        var live = new LiveCache(capture, _format, _model);
        var device = new DevicePath(_context, live);
        return capture.IsComplete
            ? [new InPlacePath(_context, live), new CraftPath(_context, live, _memory), state, device]
            : [device, state];
    }

    private void DetachHook()
    {
        if (!_keepsHook)
        {
            _detachment?.Detach();
        }
    }

    // What the first compression would wait for: kernels are loaded, or even compiled.
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

    /// <summary>Scores and selects on the best path, or on the next one where a device fails: nothing is changed yet.</summary>
    private (IKvPath Taken, KvLayerTensors[] View, KvSelection Selection) Score(KvSequence sequence, KvCompressionPlan plan, KvRewritePath? wanted)
    {
        IKvPath taken = Choose(sequence, plan.ReadsRows, wanted);
        try
        {
            KvLayerTensors[] view = taken.View(sequence);
            Complete(view, sequence, plan);
            KvSelection selection = Select(view, sequence, plan);

            // The next compression must not take these for its own.
            _observed = 0;
            _repetition = null;
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
        string? obstacle = null;
        foreach (IKvPath path in _paths.Where(path => wanted is null || path.Kind == wanted))
        {
            obstacle = path.Obstacle(sequence, readsRows);
            if (obstacle is null)
            {
                return path;
            }

            LogObstacle(_logger, _obstructed.Add(path.Kind) ? LogLevel.Warning : LogLevel.Debug, path.Kind, sequence.Id, obstacle);
        }

        throw new KvCompressionException($"The {wanted} path cannot be taken for sequence {sequence.Id}: {obstacle ?? "the cache's tensors were not found"}.");
    }

    /// <summary>Adds to the cached tensors what else the policy reads.</summary>
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
                RepeatAttention = _repetition?[i] ?? default,
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
                $"The policy '{plan.Selector.Policy.Name}' could not select from {sequence.Cells} cells: {e.Message}", e) { Fault = LlamaFault.PolicyUnsuited };
        }
    }

    private KvQueries Queries(int layer) => _queries?.Take(layer, _observed, _rotation.Keys)
        ?? throw new KvCompressionException($"The queries of layer {layer} were not all observed.") { Fault = LlamaFault.QueriesNotObserved };

    [LoggerMessage(LogLevel.Debug, "KV compression: paths {Paths}, refusal {Refusal}.")]
    private static partial void LogReady(ILogger logger, string paths, string refusal);

    [LoggerMessage(LogLevel.Warning, "Compression goes on without the device that holds the cache, and copies the cache to the host instead: {Why}")]
    private static partial void LogDeviceFailed(ILogger logger, string why);

    [LoggerMessage(Message = "The {Path} path cannot be taken for sequence {Sequence}: {Obstacle}. The next best one is.")]
    private static partial void LogObstacle(ILogger logger, LogLevel level, KvRewritePath path, int sequence, string obstacle);

    [LoggerMessage(LogLevel.Information, "Compressed sequence {Sequence} by {Policy} from {Before} to {After} cells on the {Path} path: scored in {ScoreMs:F1} ms, rewritten in {RewriteMs:F1} ms.")]
    private static partial void LogCompressed(ILogger logger, int sequence, string policy, int before, int after, KvRewritePath path, double scoreMs, double rewriteMs);
}
