using CurKv.Connector.KvCache;

namespace CurKv.Connector.Scheduling;

/// <summary>
/// Cuts a sequence back to its budget while an answer is decoded, each time that it has outgrown it by the plan's interval. A policy
/// that needs queries sees those of the tokens after that. Used on the native thread only.
/// </summary>
internal sealed class DecodingCompression(SizedContext context, KvSequence sequence, KvCompressionPlan? plan) : IDisposable
{
    // A budget by mass is what the scores last made of it.
    private int _lastKept = sequence.Cells;
    private int _toObserve;

    /// <summary>To be called after each token that was decoded.</summary>
    /// <returns>What was compressed; null for most tokens.</returns>
    public KvCompressionReport? AfterToken()
    {
        if (_toObserve > 0)
        {
            return --_toObserve > 0 ? null : Compress();
        }

        if (plan is null || !IsDue(plan))
        {
            return null;
        }

        if (plan.QueryWindow == 0)
        {
            return Compress();
        }

        _toObserve = plan.QueryWindow;
        context.Compressor.StartObserving(_toObserve);
        return null;
    }

    /// <summary>To be called before the first token is decoded.</summary>
    public void Start() => context.Compressor.KeepHook(plan is { DecodingInterval: not null, QueryWindow: > 0 });

    /// <summary>Asks for no node any more.</summary>
    public void Dispose()
    {
        context.Compressor.StopObserving();
        context.Compressor.KeepHook(false);
    }

    private bool IsDue(KvCompressionPlan plan)
    {
        int budget = plan.Budget.IsByMass ? _lastKept : plan.Budget.Cells(sequence.Tokens);
        return sequence.Cells >= budget + plan.DecodingInterval && plan.Applies(sequence.Tokens, sequence.Cells);
    }

    private KvCompressionReport? Compress()
    {
        context.Compressor.StopObserving();
        KvCompressionReport? report = context.Compressor.Compress(sequence, plan!);
        _lastKept = sequence.Cells;
        return report;
    }
}
