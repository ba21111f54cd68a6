using System.Diagnostics;
using CurKv.Connector.Engine;
using CurKv.KvPolicy;
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
    private readonly List<IKvPath> _paths;
    private readonly KvCompressionGuard _guard;
    private readonly ILogger _logger;
    private KvRepetition? _repetition;
    private int _observed;

    /// <summary>Tests the context and creates a compressor for it.</summary>
    /// <param name="context">A context whose sequence 0 is empty.</param>
    /// <param name="model">The model's facts.</param>
    /// <param name="outputWeights">The model's output weights; null where it has none that can be read.</param>
    /// <param name="capture">The part of the context's hook that finds the cache; null to copy sequences instead.</param>
    /// <param name="queries">The part of the context's hook that observes queries; null where none can be.</param>
    /// <param name="logger">Receives the choice of the path and each compression.</param>
    public KvCompressor(
        ILlamaContext context, LlamaModelInfo model, GgufOutputWeights? outputWeights, KvCapture? capture, QueryCapture? queries, ILogger logger)
    {
        KvCacheProbe probe = KvCacheProbe.Run(context, model, capture, queries, logger);
        _context = context;
        _model = model;
        _outputWeights = probe.Format?.ModelLayers is { } layers ? outputWeights?.Of(layers) : null;
        _logger = logger;
        _format = probe.Format;
        _rotation = new KvCacheRotation(capture, probe.Format);
        _queries = probe.QueriesWork ? queries : null;
        _capture = probe.CaptureWorks ? capture : null;
        _paths = Paths(_capture);
        _guard = new KvCompressionGuard(model, probe, _rotation, ObservesQueries, _outputWeights is not null);
        Refusal = probe.Refusal;
        LogReady(logger, _paths.Count == 0 ? "none" : _paths[0].Kind.ToString(), probe.Refusal ?? "none");
    }

    /// <summary>Why this model's cache cannot be compressed; null where it can.</summary>
    public string? Refusal { get; }

    /// <summary>Whether the prompt's queries can be observed while it is read.</summary>
    public bool ObservesQueries => _queries is not null;

    /// <summary>Refuses a compression that is not possible here: to be called before the tokens are read, which takes long.</summary>
    /// <exception cref="KvCompressionException">This cache cannot be compressed, or not by this policy.</exception>
    public void ThrowIfRefused(KvCompressionPlan plan) => _guard.ThrowIfRefused(plan);

    /// <summary>Observes the queries of the tokens that are decoded next, the last ones before the compression.</summary>
    public void StartObserving(int tokens)
    {
        _observed = tokens;
        _queries?.Start(tokens);
    }

    /// <summary>Asks for no node any more.</summary>
    public void StopObserving() => _queries?.Stop();

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
        _repetition!.Observe(Choose(sequence, null).View(sequence), chunk, block => Queries(_format!.ModelLayers![block]));
    }

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
        IKvPath taken = Choose(sequence, path);
        long start = Stopwatch.GetTimestamp();
        _context.Synchronize();
        KvLayerTensors[] view = taken.View(sequence);
        Complete(view, sequence, plan);
        KvSelection selection = Select(view, sequence, plan);
        TimeSpan scoreTime = Stopwatch.GetElapsedTime(start);
        KvEvictionLoss? loss = plan.MeasureLoss ? KvDiagnostics.Measure(view, selection) : null;

        start = Stopwatch.GetTimestamp();
        int before = sequence.Cells;
        if (!taken.Rewrite(sequence, view, selection))
        {
            // A refused blob may leave cells registered.
            _context.SequenceRemove(sequence.Id);
            sequence.Clear();
            throw new KvCompressionException($"llama.cpp refused the compressed cells of sequence {sequence.Id}, which is now empty and has to be read again. {NativeLog.LastErrors()}");
        }

        sequence.Keep(selection);
        var report = new KvCompressionReport(plan.Selector.Policy.Name, taken.Kind, before, selection.Cells, scoreTime, Stopwatch.GetElapsedTime(start), loss);
        LogCompressed(_logger, sequence.Id, report.Policy, report.CellsBefore, report.CellsAfter, report.Path, report.ScoreTime.TotalMilliseconds, report.RewriteTime.TotalMilliseconds);
        return report;
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
        List<IKvPath> paths = [];
        if (_format is not null && capture is not null)
        {
            // A tail's cells would be moved with the base block's by mistake, or not at all.
            if (!_format.HasTail)
            {
                paths.Add(new InPlacePath(_context, _model, _format, capture));
            }

            paths.Add(new CraftPath(_context, _model, _format, capture));
        }

        if (_format is not null)
        {
            paths.Add(new StatePath(_context, _model, _format));
        }

        return paths;
    }

    private IKvPath Choose(KvSequence sequence, KvRewritePath? wanted)
    {
        foreach (IKvPath path in _paths)
        {
            if (wanted is null && path.Obstacle(sequence) is string obstacle)
            {
                LogObstacle(_logger, path.Kind, sequence.Id, obstacle);
            }
            else if (wanted is null || wanted == path.Kind)
            {
                return path;
            }
        }

        throw new InvalidOperationException($"There is no {wanted} path here.");
    }

    /// <summary>Adds to the cached tensors what else the policy reads.</summary>
    private void Complete(KvLayerTensors[] view, KvSequence sequence, KvCompressionPlan plan)
    {
        for (int i = 0; i < view.Length; i++)
        {
            view[i] = view[i] with
            {
                Rotary = _rotation.IsKnown ? _model.Rotary : null,
                Positions = sequence.HeadPositions?[i],
                KeyRotation = _rotation.Keys,
                ValueRotation = _rotation.Values,
                Queries = plan.QueryWindow > 0 ? Queries(_format!.ModelLayers![i]) : default,
                OutputWeights = _outputWeights,
                RepeatAttention = _repetition?[i] ?? default,
            };
        }

        // The next compression must not take these for its own.
        _observed = 0;
        _repetition = null;
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
                $"The policy '{plan.Selector.Policy.Name}' could not select from {sequence.Cells} cells: {e.Message} Change {nameof(LlamaChatClientOptions.Compression)}.{nameof(KvCompressionOptions.Policy)}.", e);
        }
    }

    private KvQueries Queries(int layer) => _queries?.Take(layer, _observed, _rotation.Keys)
        ?? throw new KvCompressionException($"The queries of layer {layer} were not all observed. Set {nameof(LlamaChatClientOptions.Compression)}.{nameof(KvCompressionOptions.Policy)} to a policy without queries, such as \"{KvCompressionDefaults.QueryFreePolicy}\".");

    [LoggerMessage(LogLevel.Debug, "KV compression: path {Path}, refusal {Refusal}.")]
    private static partial void LogReady(ILogger logger, string path, string refusal);

    [LoggerMessage(LogLevel.Debug, "The {Path} path cannot be taken for sequence {Sequence}: {Obstacle}.")]
    private static partial void LogObstacle(ILogger logger, KvRewritePath path, int sequence, string obstacle);

    [LoggerMessage(LogLevel.Information, "Compressed sequence {Sequence} by {Policy} from {Before} to {After} cells on the {Path} path: scored in {ScoreMs:F1} ms, rewritten in {RewriteMs:F1} ms.")]
    private static partial void LogCompressed(ILogger logger, int sequence, string policy, int before, int after, KvRewritePath path, double scoreMs, double rewriteMs);
}
