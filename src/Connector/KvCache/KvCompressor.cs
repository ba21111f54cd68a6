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
    private readonly KvStateFormat? _format;
    private readonly ILogger _logger;
    private readonly NativeBuffer _state = new();
    private readonly NativeBuffer _crafted = new();

    /// <summary>Tests the context and creates a compressor for it.</summary>
    /// <param name="context">A context whose sequence 0 is empty.</param>
    /// <param name="model">The model's facts.</param>
    /// <param name="capture">The hook that the context was created with; null to copy sequences instead.</param>
    /// <param name="logger">Receives the choice of the path and each compression.</param>
    public KvCompressor(ILlamaContext context, LlamaModelInfo model, KvCapture? capture, ILogger logger)
    {
        KvCacheProbe probe = KvCacheProbe.Run(context, model, capture, logger);
        _context = context;
        _model = model;
        _logger = logger;
        _format = probe.Format;
        _capture = probe.CaptureWorks ? capture : null;
        Refusal = probe.Refusal;
        LogReady(logger, _capture is null ? KvRewritePath.State : KvRewritePath.Craft, probe.Refusal ?? "none");
    }

    /// <summary>Why this model's cache cannot be compressed; null where it can.</summary>
    public string? Refusal { get; }

    /// <summary>Refuses a sequence that is to be compressed and cannot be: to be called before it is read, which takes long.</summary>
    /// <exception cref="KvCompressionException">This cache cannot be compressed.</exception>
    public void ThrowIfRefused(int cells, KvCompressionPlan plan)
    {
        if (_format is null && plan.Applies(cells))
        {
            throw new KvCompressionException(
                $"The cache of '{_model.Path}' cannot be compressed: {Refusal}. Set {nameof(LlamaChatClientOptions.Compression)}.{nameof(KvCompressionOptions.Policy)} to \"{KvCompressionOptions.NoPolicy}\".");
        }
    }

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
        if (CanUndoRotation(cells, lastPosition))
        {
            view = Array.ConvertAll(view, layer => layer with { Rotary = _model.Rotary });
        }

        KvSelection selection = plan.Selector.Select(view, plan.Budget, plan.ProtectionWithin(plan.Budget.Cells(cells)));
        TimeSpan scoreTime = Stopwatch.GetElapsedTime(start);

        start = Stopwatch.GetTimestamp();
        Rewrite(sequence, view, selection, lastPosition);
        var report = new KvCompressionReport(plan.Selector.Policy.Name, taken, cells, selection.Cells, scoreTime, Stopwatch.GetElapsedTime(start));
        LogCompressed(_logger, sequence, report.Policy, report.CellsBefore, report.CellsAfter, report.Path, report.ScoreTime.TotalMilliseconds, report.RewriteTime.TotalMilliseconds);
        return report;
    }

    public void Dispose()
    {
        _state.Dispose();
        _crafted.Dispose();
    }

    // A cell's index is its token's position only as long as none was removed, and a quantised cache may hold its rows under one
    // more rotation (a Hadamard transform).
    private bool CanUndoRotation(int cells, int lastPosition) =>
        lastPosition == cells - 1 && _format!.Layers[0].KeyType is KvElementType.F32 or KvElementType.F16 or KvElementType.BF16;

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
