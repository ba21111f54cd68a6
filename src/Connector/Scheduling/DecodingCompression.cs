using CurKv.Connector.KvCache;

namespace CurKv.Connector.Scheduling;

/// <summary>
/// Cuts a sequence back to its budget while an answer is decoded, each time that it has outgrown it by the plan's interval. A policy
/// that needs queries sees those of the tokens after that. Used on the native thread only.
/// </summary>
internal sealed class DecodingCompression : IDisposable
{
    private readonly SizedContext _context;
    private readonly KvSequence _sequence;
    private readonly KvCompressionPlan? _plan;

    // A budget by mass is what the scores last made of it.
    private int _lastKept;
    private int _toObserve;

    /// <summary>Begins with an answer.</summary>
    /// <param name="context">The context.</param>
    /// <param name="sequence">The prompt, as its own compression left it.</param>
    /// <param name="plan">How the sequence is compressed; null for not at all.</param>
    public DecodingCompression(SizedContext context, KvSequence sequence, KvCompressionPlan? plan)
    {
        _context = context;
        _sequence = sequence;
        _plan = plan;
        _lastKept = sequence.Cells;
        context.Compressor.KeepHook(plan is { DecodingInterval: not null, QueryWindow: > 0 });
    }

    /// <summary>To be called after each token that was decoded.</summary>
    /// <returns>What was compressed; null for most tokens.</returns>
    public KvCompressionReport? AfterToken()
    {
        if (_toObserve > 0)
        {
            return --_toObserve > 0 ? null : Compress();
        }

        if (_plan is null || !IsDue(_plan))
        {
            return null;
        }

        if (_plan.QueryWindow == 0)
        {
            return Compress();
        }

        _toObserve = _plan.QueryWindow;
        _context.Compressor.StartObserving(_toObserve);
        return null;
    }

    /// <summary>Asks for no node any more.</summary>
    public void Dispose()
    {
        _context.Compressor.StopObserving();
        _context.Compressor.KeepHook(false);
    }

    private bool IsDue(KvCompressionPlan plan)
    {
        int budget = plan.Budget.IsByMass ? _lastKept : plan.Budget.Cells(_sequence.Tokens);
        return _sequence.Cells >= budget + plan.DecodingInterval && plan.Applies(_sequence.Tokens, _sequence.Cells);
    }

    private KvCompressionReport? Compress()
    {
        _context.Compressor.StopObserving();
        KvCompressionReport? report = _context.Compressor.Compress(_sequence, _plan!);
        _lastKept = _sequence.Cells;
        return report;
    }
}
