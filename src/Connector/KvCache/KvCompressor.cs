using System.Diagnostics;
using CurKv.Connector.Engine;
using CurKv.KvPolicy;
using Microsoft.Extensions.Logging;

namespace CurKv.Connector.KvCache;

/// <summary>Cuts a sequence's cells down to a budget, each layer and head by its own scores. Used on the context's thread only.</summary>
internal sealed unsafe partial class KvCompressor : IDisposable
{
    private readonly ILlamaContext _context;
    private readonly LlamaModelInfo _model;
    private readonly KvCapture? _capture;
    private readonly QueryCapture? _queries;
    private readonly IKvOutputWeights? _outputWeights;
    private readonly KvStateFormat? _format;
    private readonly HadamardRotation? _keyRotation;
    private readonly HadamardRotation? _valueRotation;
    private readonly bool _rotationKnown;
    private readonly ILogger _logger;
    private readonly NativeBuffer _state = new();
    private readonly NativeBuffer _crafted = new();
    private int _observed;

    /// <summary>Tests the context and creates a compressor for it.</summary>
    /// <param name="context">A context whose sequence 0 is empty.</param>
    /// <param name="model">The model's facts.</param>
    /// <param name="outputWeights">The model's output weights; null where it has none that can be read.</param>
    /// <param name="capture">The part of the context's hook that finds the cache; null to copy sequences instead.</param>
    /// <param name="queries">The part of the context's hook that observes queries; null where none can be.</param>
    /// <param name="logger">Receives the choice of the path and each compression.</param>
    public KvCompressor(
        ILlamaContext context, LlamaModelInfo model, IKvOutputWeights? outputWeights, KvCapture? capture, QueryCapture? queries, ILogger logger)
    {
        KvCacheProbe probe = KvCacheProbe.Run(context, model, capture, queries, logger);
        _context = context;
        _model = model;
        _outputWeights = outputWeights;
        _logger = logger;
        _format = probe.Format;
        _capture = probe.CaptureWorks ? capture : null;
        _keyRotation = capture?.KeyRotation;
        _valueRotation = capture?.ValueRotation;
        _rotationKnown = capture is not null;
        _queries = probe.QueriesWork ? queries : null;
        Refusal = probe.Refusal;
        LogReady(logger, _capture is null ? KvRewritePath.State : KvRewritePath.Craft, probe.Refusal ?? "none");
    }

    /// <summary>Why this model's cache cannot be compressed; null where it can.</summary>
    public string? Refusal { get; }

    /// <summary>Whether the prompt's queries can be observed while it is read.</summary>
    public bool ObservesQueries => _queries is not null;

    /// <summary>Refuses a sequence that is to be compressed and cannot be: to be called before it is read, which takes long.</summary>
    /// <exception cref="KvCompressionException">This cache cannot be compressed, or not by this policy.</exception>
    public void ThrowIfRefused(int cells, KvCompressionPlan plan)
    {
        if (!plan.Applies(cells))
        {
            return;
        }

        const string Setting = $"{nameof(LlamaChatClientOptions.Compression)}.{nameof(KvCompressionOptions.Policy)}";
        string policy = plan.Selector.Policy.Name;
        KvPolicyInputs inputs = plan.Selector.Policy.Inputs;
        if (_format is null)
        {
            throw new KvCompressionException($"The cache of '{_model.Path}' cannot be compressed: {Refusal}. Set {Setting} to \"{KvCompressionOptions.NoPolicy}\".");
        }

        if (plan.QueryWindow > 0 && _queries is null)
        {
            throw new KvCompressionException(
                $"The policy '{policy}' needs the prompt's last queries, which cannot be observed here: the model computes them in another way, or runs on a GPU without having been set up for it. Set {Setting} to a policy without queries, such as \"{KvCompressionDefaults.QueryFreePolicy}\".");
        }

        if (inputs.HasFlag(KvPolicyInputs.RepeatAttention))
        {
            throw new KvCompressionException($"The policy '{policy}' needs a second pass over the prompt, which is not made. Set {Setting} to another policy.");
        }

        if (inputs.HasFlag(KvPolicyInputs.PlainElements) && MayBeRotated)
        {
            throw new KvCompressionException(
                $"The policy '{policy}' compares single elements of keys and values, and this quantised cache stores them rotated. Set {nameof(LlamaChatClientOptions.KeyCacheType)} and {nameof(LlamaChatClientOptions.ValueCacheType)} to F16, or {Setting} to another policy.");
        }

        if (inputs.HasFlag(KvPolicyInputs.OutputWeights) && !_rotationKnown && MayBeRotated)
        {
            throw new KvCompressionException(
                $"The policy '{policy}' multiplies values with the model's weights, and whether this quantised cache stores them rotated is not known on a GPU. Set {nameof(LlamaChatClientOptions.ValueCacheType)} to F16, or {Setting} to another policy.");
        }

        if (inputs.HasFlag(KvPolicyInputs.OutputWeights) && _outputWeights is null)
        {
            throw new KvCompressionException($"The policy '{policy}' needs the model's output weights, which '{_model.Path}' does not hold as one tensor for each layer. Set {Setting} to another policy.");
        }
    }

    /// <summary>How many of the tokens that are still to be read have to be observed, so that they are read in calls of their own.</summary>
    /// <param name="cells">The sequence's cells once all is read.</param>
    /// <param name="tokens">The tokens still to be read.</param>
    /// <param name="plan">How the sequence is to be compressed; null for not at all.</param>
    public static int QueryWindow(int cells, int tokens, KvCompressionPlan? plan) =>
        plan is not null && plan.Applies(cells) ? Math.Min(plan.QueryWindow, tokens) : 0;

    /// <summary>Observes the queries of the tokens that are decoded next, the last ones before the compression.</summary>
    public void StartObserving(int tokens)
    {
        _observed = tokens;
        _queries?.Start(tokens);
    }

    /// <summary>Asks for no node any more.</summary>
    public void StopObserving() => _queries?.Stop();

    /// <summary>Compresses a sequence, if it is long enough and over the budget.</summary>
    /// <param name="sequence">The sequence, which is also its stream.</param>
    /// <param name="cells">The number of its cells, in order from the stream's first cell on.</param>
    /// <param name="lastPosition">The newest token's position.</param>
    /// <param name="plan">The policy, the budget and what is protected.</param>
    /// <param name="path">The path to take; null for the best one that works.</param>
    /// <returns>What was done, or null where the sequence was left alone.</returns>
    /// <exception cref="KvCompressionException">The cache cannot be compressed, or llama.cpp refused the cells; then the sequence is gone.</exception>
    public KvCompressionReport? Compress(int sequence, int cells, int lastPosition, KvCompressionPlan plan, KvRewritePath? path = null)
    {
        if (!plan.Applies(cells))
        {
            return null;
        }

        ThrowIfRefused(cells, plan);

        KvRewritePath taken = path ?? (_capture is not null && InOrder(sequence, cells) ? KvRewritePath.Craft : KvRewritePath.State);
        long start = Stopwatch.GetTimestamp();
        _context.Synchronize();
        KvLayerTensors[] view = taken == KvRewritePath.Craft
            ? _capture!.View(sequence, cells, _format!, _model.KvHeads, _model.KeyDimension, _model.ValueDimension)
            : ReadState(sequence, cells);
        Complete(view, plan, undoRotation: CanUndoRotation(cells, lastPosition));
        KvSelection selection = Select(view, cells, plan);
        TimeSpan scoreTime = Stopwatch.GetElapsedTime(start);
        KvEvictionLoss? loss = plan.MeasureLoss ? KvDiagnostics.Measure(view, selection) : null;

        start = Stopwatch.GetTimestamp();
        Rewrite(sequence, view, selection, lastPosition);
        var report = new KvCompressionReport(plan.Selector.Policy.Name, taken, cells, selection.Cells, scoreTime, Stopwatch.GetElapsedTime(start), loss);
        LogCompressed(_logger, sequence, report.Policy, report.CellsBefore, report.CellsAfter, report.Path, report.ScoreTime.TotalMilliseconds, report.RewriteTime.TotalMilliseconds);
        return report;
    }

    public void Dispose()
    {
        _state.Dispose();
        _crafted.Dispose();
    }

    // A cell's index is its token's position only as long as none was removed, and what rotates a quantised cache has to be known.
    private bool CanUndoRotation(int cells, int lastPosition) =>
        lastPosition == cells - 1 && (_rotationKnown || !Quantised(_format!.Layers[0].KeyType));

    private bool MayBeRotated => _rotationKnown
        ? (_keyRotation ?? _valueRotation) is not null
        : Quantised(_format!.Layers[0].KeyType) || Quantised(_format.Layers[0].ValueType);

    private static bool Quantised(KvElementType type) => type is KvElementType.Q8_0 or KvElementType.Q4_0;

    /// <summary>Adds to the cached tensors what else the policy reads.</summary>
    private void Complete(KvLayerTensors[] view, KvCompressionPlan plan, bool undoRotation)
    {
        for (int i = 0; i < view.Length; i++)
        {
            view[i] = view[i] with
            {
                Rotary = undoRotation ? _model.Rotary : null,
                KeyRotation = _keyRotation,
                ValueRotation = _valueRotation,
                Queries = plan.QueryWindow > 0 ? Queries(i) : default,
                OutputWeights = _outputWeights,
            };
        }

        // The next prompt's compression must not take this one's queries for its own.
        _observed = 0;
    }

    private static KvSelection Select(KvLayerTensors[] view, int cells, KvCompressionPlan plan)
    {
        try
        {
            return plan.Selector.Select(view, plan.Budget, plan.ProtectionWithin(cells));
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw new KvCompressionException(
                $"The policy '{plan.Selector.Policy.Name}' could not select from {cells} tokens: {e.Message} Change {nameof(LlamaChatClientOptions.Compression)}.{nameof(KvCompressionOptions.Policy)}.", e);
        }
    }

    private KvQueries Queries(int layer) => _queries?.Take(layer, _observed, _keyRotation)
        ?? throw new KvCompressionException($"The queries of layer {layer} were not all observed. Set {nameof(LlamaChatClientOptions.Compression)}.{nameof(KvCompressionOptions.Policy)} to a policy without queries, such as \"{KvCompressionDefaults.QueryFreePolicy}\".");

    // Tokens fill a fresh stream from its first cell on. If the newest one is not where that puts it, the tokens lie elsewhere.
    private bool InOrder(int sequence, int cells) => _capture!.LastCell == _capture.ExpectedLastCell(sequence, cells);

    private KvLayerTensors[] ReadState(int sequence, int cells)
    {
        nuint size = _context.StateSize(sequence);
        byte* data = _state.Reserve(size);
        KvStateBlob? blob = _context.StateGet(sequence, data, size) == size ? KvStateBlob.TryParse(data, size) : null;
        return blob is not null && blob.Cells == cells
            ? blob.View(_model.KvHeads, _model.KeyDimension, _model.ValueDimension)
            : throw new KvCompressionException($"llama.cpp did not give sequence {sequence}'s {cells} cells. {NativeLog.LastErrors()}");
    }

    private void Rewrite(int sequence, KvLayerTensors[] view, KvSelection selection, int lastPosition)
    {
        nuint size = _format!.Size(selection.Cells);
        byte* crafted = _crafted.Reserve(size);
        KvStateWriter.Write(crafted, _format, sequence, view, selection, lastPosition);
        _context.SequenceRemove(sequence);
        if (_context.StateSet(sequence, crafted, size) != size)
        {
            // A refused blob may leave cells registered.
            _context.SequenceRemove(sequence);
            throw new KvCompressionException($"llama.cpp refused the compressed cells of sequence {sequence}, which is now empty and has to be read again. {NativeLog.LastErrors()}");
        }
    }

    [LoggerMessage(LogLevel.Debug, "KV compression: path {Path}, refusal {Refusal}.")]
    private static partial void LogReady(ILogger logger, KvRewritePath path, string refusal);

    [LoggerMessage(LogLevel.Information, "Compressed sequence {Sequence} by {Policy} from {Before} to {After} cells on the {Path} path: scored in {ScoreMs:F1} ms, rewritten in {RewriteMs:F1} ms.")]
    private static partial void LogCompressed(ILogger logger, int sequence, string policy, int before, int after, KvRewritePath path, double scoreMs, double rewriteMs);
}
