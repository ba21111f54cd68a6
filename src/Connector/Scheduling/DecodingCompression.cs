using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.State;

namespace CurKv.Connector.Scheduling;

/// <summary>
/// Compresses a sequence to its budget while an answer is decoded, each time that it exceeds the budget by the plan's interval. A policy
/// that needs queries receives those of the last tokens before that. Used on the native thread only.
/// </summary>
internal sealed class DecodingCompression : IDisposable
{
    private readonly ResizableContext _context;
    private readonly KvSequence _sequence;
    private readonly KvCompressionPlan? _plan;
    private KvCompressor? _compressor;

    // For a budget by mass, the number of cells that the last compression kept.
    private int _lastKept;
    private int _toObserve;

    /// <summary>Starts at the beginning of an answer.</summary>
    /// <param name="context">The context, which may be recreated meanwhile.</param>
    /// <param name="sequence">The prompt after its own compression.</param>
    /// <param name="plan">How the sequence is compressed; null for not at all.</param>
    public DecodingCompression(ResizableContext context, KvSequence sequence, KvCompressionPlan? plan)
    {
        _context = context;
        _sequence = sequence;
        _plan = plan is { DecodingInterval: not null } ? plan : null;
        _lastKept = sequence.Cells;
        Follow();
    }

    /// <summary>Whether queries are being observed: no other sequence may be decoded in between.</summary>
    public bool IsObserving => _toObserve > 0;

    /// <summary>Stops asking for nodes while other sequences use the context.</summary>
    public void Leave()
    {
        if (_compressor is not null && _context.IsOpen && _context.Compressor == _compressor)
        {
            _compressor.StopObserving();
            _compressor.KeepHook(false);
        }

        _compressor = null;
        _toObserve = 0;
    }

    /// <summary>Call it before the first token that is decoded after <see cref="Leave"/>.</summary>
    public void Follow()
    {
        if (_compressor != _context.Compressor)
        {
            // Queries observed in an earlier context are lost.
            _compressor = _context.Compressor;
            _toObserve = 0;
            _compressor.KeepHook(_plan is { QueryWindow: > 0 });
        }
    }

    /// <summary>Call it after each decoded token.</summary>
    /// <param name="isConstrained">Whether a grammar constrains the next token: nothing is evicted then, and observed queries are discarded.</param>
    /// <returns>The report of a compression; null for most tokens.</returns>
    public KvCompressionReport? AfterToken(bool isConstrained)
    {
        if (_plan is null)
        {
            return null;
        }

        Follow();
        if (isConstrained)
        {
            StopObserving();
            return null;
        }

        if (_toObserve > 0)
        {
            return --_toObserve > 0 ? null : Compress();
        }

        if (!IsDue())
        {
            return null;
        }

        if (_plan.QueryWindow == 0)
        {
            return Compress();
        }

        _toObserve = _plan.QueryWindow;
        _compressor!.StartObserving(_toObserve);
        return null;
    }

    /// <summary>Stops asking for nodes.</summary>
    public void Dispose() => Leave();

    // The observed tokens are part of the interval, which ends with the last of them.
    private bool IsDue()
    {
        int budget = _plan!.Budget.IsByMass ? _lastKept : _plan.Budget.Cells(_sequence.Tokens);
        return _sequence.Cells - budget >= Math.Max(1, _plan.DecodingInterval!.Value - _plan.QueryWindow) && _plan.Applies(_sequence.Tokens, _sequence.Cells);
    }

    private void StopObserving()
    {
        if (_toObserve > 0)
        {
            _compressor!.StopObserving();
            _toObserve = 0;
        }
    }

    private KvCompressionReport? Compress()
    {
        _compressor!.StopObserving();
        KvCompressionReport? report = _compressor.Compress(_sequence, _plan!);
        _lastKept = _sequence.Cells;
        return report;
    }
}
