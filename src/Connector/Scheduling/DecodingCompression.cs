using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.State;

namespace CurKv.Connector.Scheduling;

/// <summary>
/// Cuts a sequence back to its budget while an answer is decoded, each time that it has outgrown it by the plan's interval. A policy
/// that needs queries sees those of the tokens before that. Used on the native thread only.
/// </summary>
internal sealed class DecodingCompression : IDisposable
{
    private readonly SizedContext _context;
    private readonly KvSequence _sequence;
    private readonly KvCompressionPlan? _plan;
    private KvCompressor? _compressor;

    // A budget by mass is what the scores last made of it.
    private int _lastKept;
    private int _toObserve;

    /// <summary>Begins with an answer.</summary>
    /// <param name="context">The context, which may be made anew on the way.</param>
    /// <param name="sequence">The prompt, as its own compression left it.</param>
    /// <param name="plan">How the sequence is compressed; null for not at all.</param>
    public DecodingCompression(SizedContext context, KvSequence sequence, KvCompressionPlan? plan)
    {
        _context = context;
        _sequence = sequence;
        _plan = plan is { DecodingInterval: not null } ? plan : null;
        _lastKept = sequence.Cells;
        Follow();
    }

    /// <summary>Whether the queries of the tokens that are decoded now are wanted: others' tokens must not come between.</summary>
    public bool IsObserving => _toObserve > 0;

    /// <summary>Asks for no node any more, while others use the context.</summary>
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

    /// <summary>To be called before the first token is decoded after <see cref="Leave"/>.</summary>
    public void Follow()
    {
        if (_compressor != _context.Compressor)
        {
            // What was observed of a context that is gone is lost.
            _compressor = _context.Compressor;
            _toObserve = 0;
            _compressor.KeepHook(_plan is { QueryWindow: > 0 });
        }
    }

    /// <summary>To be called after each token that was decoded.</summary>
    /// <param name="isConstrained">Whether the next token has to keep to a form: nothing is evicted then, and what was observed so far is given up.</param>
    /// <returns>What was compressed; null for most tokens.</returns>
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

    /// <summary>Asks for no node any more.</summary>
    public void Dispose() => Leave();

    // The observed tokens count as well: the last of them is the one at which the interval is full.
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
