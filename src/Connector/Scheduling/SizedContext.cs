using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.Capture;
using Microsoft.Extensions.Logging;

namespace CurKv.Connector.Scheduling;

/// <summary>
/// A context and the compressor on it, which can be made anew with another number of cells: llama.cpp cannot give cells back.
/// Used on the native thread only, but for its creation.
/// </summary>
internal sealed partial class SizedContext : IDisposable
{
    // llama.cpp rounds the cells of a context up to this.
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
    /// <param name="largest">The context's sizes, with the most cells that it may have.</param>
    /// <param name="access">How the cache may be reached.</param>
    /// <param name="logger">Receives how the cache is compressed.</param>
    public SizedContext(ILlamaEngine engine, LlamaContextSettings largest, KvCacheAccess access, ILogger logger)
    {
        _engine = engine;
        _largest = largest;
        _access = access;
        _logger = logger;
        Create(largest.ContextSize);
        Refusal = _compressor!.Refusal;
        ObservesQueries = _compressor.ObservesQueries;
        MeasuresOnDevice = _compressor.MeasuresOnDevice;
    }

    /// <summary>Why this model's cache cannot be compressed; null where it can.</summary>
    public string? Refusal { get; }

    /// <summary>Whether the prompt's queries can be observed while it is read.</summary>
    public bool ObservesQueries { get; }

    /// <summary>Whether policies that read norms alone are served by the device that holds the cache.</summary>
    public bool MeasuresOnDevice { get; }

    /// <summary>The cells of the context as it is now, or was made last. May be read from any thread.</summary>
    public int Size => _size;

    /// <summary>Whether there is a context: there is none after one could not be made.</summary>
    public bool IsOpen => _context is not null;

    /// <summary>The context as it is now.</summary>
    public ILlamaContext Context => _context!;

    /// <summary>The compressor on it.</summary>
    public KvCompressor Compressor => _compressor!;

    /// <summary>Whether the context could be larger.</summary>
    public bool IsShrunk => _context is null || Context.Settings.ContextSize < _largest.ContextSize;

    /// <summary>Makes room for at least so many cells, or for as many as there may be. What the context held is lost if it is not large enough already.</summary>
    public void Reserve(int cells)
    {
        if (_context is null || (IsShrunk && cells > Context.Settings.ContextSize))
        {
            Create(_largest.ContextSize);
        }
    }

    /// <summary>Makes the context as small as so many cells allow. What it held is lost. Should that fail, the next request makes a large one.</summary>
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
        // The old one goes first: two would take more memory than the larger one. Should the new one fail, the next request tries again.
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

    [LoggerMessage(LogLevel.Warning, "No context of {Cells} cells could be made for a document, and the next request makes one of full size: {Why}")]
    private static partial void LogNotShrunk(ILogger logger, int cells, string why);
}
