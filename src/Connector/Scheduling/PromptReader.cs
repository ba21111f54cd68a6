using System.Diagnostics;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.State;

namespace CurKv.Connector.Scheduling;

/// <summary>
/// Reads a prompt in chunks of the batch size, and compresses it: at its end, and before that whenever the cache is full, so that a
/// prompt may be longer than the cache. Used once, on the native thread.
/// </summary>
/// <param name="engine">The model.</param>
/// <param name="context">The context.</param>
/// <param name="compressor">The context's compressor.</param>
/// <param name="sequence">What goes before the prompt; receives its tokens.</param>
/// <param name="progress">Told after each chunk, on this thread; null for none.</param>
/// <param name="cancellationToken">Looked at after each chunk.</param>
internal sealed class PromptReader(
    ILlamaEngine engine, ILlamaContext context, KvCompressor compressor, KvSequence sequence, Action<PromptProgress>? progress, CancellationToken cancellationToken)
{
    private readonly List<KvCompressionReport> _compressions = [];
    private TimeSpan _prefillTime;
    private int[] _tokens = [];
    private int _read;

    /// <summary>Reads tokens and compresses all of the sequence.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="plan">How they are compressed; null to keep all.</param>
    /// <exception cref="PromptTooLongException">Not even the cells that are to be kept fit into the cache, or a sliding window does not.</exception>
    /// <exception cref="KvCompressionException">The cache cannot be compressed as the plan wants it.</exception>
    public PromptReading Read(int[] tokens, KvCompressionPlan? plan)
    {
        _tokens = tokens;
        bool applies = plan is not null && (sequence.Cells + tokens.Length > context.Settings.ContextSize || Applies(plan, tokens.Length));
        if (applies)
        {
            compressor.ThrowIfRefused(plan!);
        }

        ContextRepetition? repetition = applies && plan!.NeedsRepetition ? new ContextRepetition(engine, context, compressor, sequence) : null;
        repetition?.ThrowIfImpossible(tokens.Length);
        ReadingSchedule schedule = ReadingSchedule.For(sequence, tokens.Length, plan, context.Settings.ContextSize, context.Settings.BatchSize);

        int call = Math.Min(tokens.Length, context.Settings.BatchSize);
        if (sequence.WindowCells(call, tokens.Length - call) > context.Settings.ContextSize)
        {
            throw PromptTooLongException.ForWindow(sequence.Cells + tokens.Length, context.Settings.ContextSize, sequence.SlidingWindow, context.Settings.BatchSize);
        }

        while (schedule.Next(sequence.Cells, tokens.Length - _read) is int count && _read + count < tokens.Length)
        {
            Round(count, plan!.WhileReading(schedule.CellsBetween));
        }

        Round(tokens.Length - _read, plan, repetition);
        return new PromptReading(_prefillTime, _compressions);
    }

    private bool Applies(KvCompressionPlan plan, int tokens) => plan.Applies(sequence.Tokens + tokens, sequence.Cells + tokens);

    /// <summary>Reads tokens and compresses. Queries are looked at in the last of them only, which are therefore decoded apart.</summary>
    private void Round(int tokens, KvCompressionPlan? plan, ContextRepetition? repetition = null)
    {
        long start = Stopwatch.GetTimestamp();
        int window = plan is not null && Applies(plan, tokens) ? Math.Min(plan.QueryWindow, tokens) : 0;
        int plain = repetition is null ? tokens - window : tokens;
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

        repetition?.Run(plan!.ProtectedStart(sequence.Tokens), window, cancellationToken);

        // Computation runs on behind the last call.
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
