using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.Capture;
using Microsoft.Extensions.Logging;

namespace CurKv.Connector.Scheduling;

/// <summary>
/// A context and its compressor, which can be recreated with another number of cells: llama.cpp cannot free cells.
/// Used on the native thread only, except for its creation.
/// </summary>
internal sealed partial class ResizableContext : IDisposable
{
    // llama.cpp rounds the number of a context's cells up to a multiple of this.
    private const int Step = 256;
    private readonly ILlamaEngine _engine;
    private readonly LlamaContextSettings _largest;
    private readonly KvCacheAccess _access;
    private readonly ILogger _logger;
    private volatile int _size;
    private ILlamaContext? _context;
    private KvCompressor? _compressor;

    /// <summary>Creates the context at its largest size, and tests whether its cache can be compressed.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="largest">The context's settings, with the maximum number of cells.</param>
    /// <param name="access">How the cache can be accessed.</param>
    /// <param name="logger">Receives how the cache is compressed.</param>
    public ResizableContext(ILlamaEngine engine, LlamaContextSettings largest, KvCacheAccess access, ILogger logger)
    {
        _engine = engine;
        _largest = largest;
        _access = access;
        _logger = logger;
        Create(largest.ContextSize);
        UnsupportedReason = _compressor!.UnsupportedReason;
        ObservesQueries = _compressor.ObservesQueries;
        MeasuresOnDevice = _compressor.MeasuresOnDevice;
    }

    /// <summary>Why this model's cache cannot be compressed; null if it can.</summary>
    public string? UnsupportedReason { get; }

    /// <summary>Whether the prompt's queries can be observed during prefill.</summary>
    public bool ObservesQueries { get; }

    /// <summary>Whether the device that holds the cache computes norms itself.</summary>
    public bool MeasuresOnDevice { get; }

    /// <summary>The number of cells of the current or the last context. May be read from any thread.</summary>
    public int Size => _size;

    /// <summary>Whether there is a context. There is none after its creation failed.</summary>
    public bool IsOpen => _context is not null;

    /// <summary>The current context.</summary>
    public ILlamaContext Context => _context!;

    /// <summary>The current context's compressor.</summary>
    public KvCompressor Compressor => _compressor!;

    /// <summary>Whether the context could be larger.</summary>
    public bool IsShrunk => _context is null || Context.Settings.ContextSize < _largest.ContextSize;

    /// <summary>Ensures a number of cells, at most the maximum. If the context is too small, it is recreated, and its contents are lost.</summary>
    public void Reserve(int cells)
    {
        if (_context is null || (IsShrunk && cells > Context.Settings.ContextSize))
        {
            Create(_largest.ContextSize);
        }
    }

    /// <summary>Recreates the context with fewer cells. Its contents are lost. If that fails, the next request creates one of full size.</summary>
    public void Shrink(int cells)
    {
        int size = (cells + Step - 1) / Step * Step;
        if (size >= Context.Settings.ContextSize)
        {
            return;
        }

        try
        {
            Create(size);
        }
        catch (LlamaException e)
        {
            LogNotShrunk(_logger, size, e.Message);
        }
    }

    public void Dispose()
    {
        _compressor?.Dispose();
        _context?.Dispose();
        (_context, _compressor) = (null, null);
    }

    private void Create(int cells)
    {
        // The old context is freed first: both would need more memory than the larger one. If creation fails, the next request tries again.
        Dispose();
        KvCapture? capture = _access.Observe ? new KvCapture(_engine.Model.Layers) : null;
        QueryCapture? queries = _access.Observe ? new QueryCapture(_engine.Model) : null;
        LlamaContextSettings settings = _largest with { ContextSize = cells, BatchSize = Math.Min(_largest.BatchSize, cells) };
        ILlamaContext context = _engine.CreateContext(settings, _access.Observe ? new EvalHooks(capture!, queries!) : null);
        try
        {
            _compressor = new KvCompressor(context, _engine.Model, _engine.OutputWeights, capture, queries, _logger, _access);
            _context = context;
            _size = cells;
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    [LoggerMessage(LogLevel.Warning, "A context of {Cells} cells could not be created for a document. The next request creates one of full size: {Why}")]
    private static partial void LogNotShrunk(ILogger logger, int cells, string why);
}
