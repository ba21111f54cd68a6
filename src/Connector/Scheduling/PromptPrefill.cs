using System.Diagnostics;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.State;

namespace CurKv.Connector.Scheduling;

/// <summary>
/// Prefills a prompt in chunks of the batch size, and compresses it: at its end, and before that whenever the cache is full, so that a
/// prompt may be longer than the cache. Used once, on the native thread.
/// </summary>
/// <param name="engine">The model.</param>
/// <param name="context">The context.</param>
/// <param name="compressor">The context's compressor.</param>
/// <param name="sequence">The sequence, to which the prompt's tokens are appended.</param>
/// <param name="progress">Called after each chunk, on this thread; null for none.</param>
/// <param name="cancellationToken">Checked after each chunk.</param>
internal sealed class PromptPrefill(
    ILlamaEngine engine, ILlamaContext context, KvCompressor compressor, KvSequence sequence, Action<PromptProgress>? progress, CancellationToken cancellationToken)
{
    private readonly List<KvCompressionReport> _compressions = [];
    private TimeSpan _prefillTime;
    private int[] _tokens = [];
    private int _read;

    /// <summary>Prefills tokens and compresses the whole sequence.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="plan">How they are compressed; null to keep all.</param>
    /// <exception cref="PromptTooLongException">Not even the kept cells, or a sliding window, fit into the cache.</exception>
    /// <exception cref="KvCompressionException">The cache does not support the plan.</exception>
    public PrefillResult Run(int[] tokens, KvCompressionPlan? plan)
    {
        _tokens = tokens;
        bool applies = plan is not null && (sequence.Cells + tokens.Length > context.Settings.ContextSize || Applies(plan, tokens.Length));
        if (applies)
        {
            compressor.ThrowIfUnsupported(plan!);
        }

        ReconstructionPass? reconstruction = applies && plan!.NeedsReconstruction ? new ReconstructionPass(engine, context, compressor, sequence) : null;
        reconstruction?.ThrowIfImpossible(tokens.Length);
        PrefillPlan prefillPlan = PrefillPlan.For(sequence, tokens.Length, plan, context.Settings.ContextSize, context.Settings.BatchSize);

        int call = Math.Min(tokens.Length, context.Settings.BatchSize);
        if (sequence.WindowCells(call, tokens.Length - call) > context.Settings.ContextSize)
        {
            throw PromptTooLongException.ForWindow(sequence.Cells + tokens.Length, context.Settings.ContextSize, sequence.SlidingWindow, context.Settings.BatchSize);
        }

        while (prefillPlan.Next(sequence.Cells, tokens.Length - _read) is int count && _read + count < tokens.Length)
        {
            Step(count, plan!.DuringPrefill(prefillPlan.CellsBetween));
        }

        Step(tokens.Length - _read, plan, reconstruction);
        return new PrefillResult(_prefillTime, _compressions);
    }

    private bool Applies(KvCompressionPlan plan, int tokens) => plan.Applies(sequence.Tokens + tokens, sequence.Cells + tokens);

    /// <summary>Prefills tokens and compresses. Queries are observed only in the last tokens, which are therefore decoded separately.</summary>
    private void Step(int tokens, KvCompressionPlan? plan, ReconstructionPass? reconstruction = null)
    {
        long start = Stopwatch.GetTimestamp();
        int window = plan is not null && Applies(plan, tokens) ? Math.Min(plan.QueryWindow, tokens) : 0;
        int plain = reconstruction is null ? tokens - window : tokens;
        Decode(_read + plain);
        if (plain < tokens)
        {
            compressor.StartObserving(window);
            try
            {
                Decode(_read + window);
            }
            finally
            {
                compressor.StopObserving();
            }
        }

        reconstruction?.Run(plan!.ProtectedStart(sequence.Tokens), window, cancellationToken);

        // The last call may still be computing.
        context.Synchronize();
        _prefillTime += Stopwatch.GetElapsedTime(start);
        if (plan is not null && compressor.Compress(sequence, plan) is KvCompressionReport report)
        {
            _compressions.Add(report);
        }
    }

    private void Decode(int end)
    {
        while (_read < end)
        {
            int count = Math.Min(end - _read, context.Settings.BatchSize);
            context.Decode(sequence, _tokens.AsSpan(_read, count), logits: _read + count == _tokens.Length);
            _read += count;
            progress?.Invoke(new PromptProgress(_read, _tokens.Length));

            // After the last chunk too: the progress handler may have disposed the client.
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
