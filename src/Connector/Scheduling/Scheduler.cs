using System.Runtime.CompilerServices;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.Sessions;
using Microsoft.Extensions.Logging;

namespace CurKv.Connector.Scheduling;

/// <summary>Owns the context and runs requests on it one after the other, in their order; an answer that nobody reads lets others pass. Thread-safe.</summary>
internal sealed class Scheduler : IDisposable
{
    private readonly NativeThread _thread;
    private readonly SequenceRunner _runner;

    /// <summary>Creates the context and tests whether its cache can be compressed.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="settings">The context's settings.</param>
    /// <param name="access">How the cache can be accessed.</param>
    /// <param name="owner">Who is disposed, in exceptions.</param>
    /// <param name="logger">Receives how the cache is compressed.</param>
    public Scheduler(ILlamaEngine engine, LlamaContextSettings settings, KvCacheAccess access, Type owner, ILogger logger)
    {
        _runner = new SequenceRunner(engine, new ResizableContext(engine, settings, access, logger));
        _thread = new NativeThread(owner, _runner.Dispose);
    }

    /// <summary>Why this model's cache cannot be compressed; null if it can.</summary>
    public string? CompressionUnsupportedReason => _runner.CompressionUnsupportedReason;

    /// <summary>Whether the prompt's queries can be observed during prefill.</summary>
    public bool ObservesQueries => _runner.ObservesQueries;

    /// <summary>The current number of the context's cells.</summary>
    public int ContextSize => _runner.ContextSize;

    /// <summary>Whether the device that holds the cache computes norms itself.</summary>
    public bool MeasuresOnDevice => _runner.MeasuresOnDevice;

    /// <summary>
    /// Generates an answer. It is queued when the enumeration starts. Leaving the enumeration stops the generation: at once if the enumerator
    /// is disposed, otherwise when it is garbage collected.
    /// </summary>
    /// <param name="prepare">Creates the request, on a thread pool thread.</param>
    /// <param name="capacity">How many pieces are generated ahead of the reader, give or take a few, before other requests go first.</param>
    /// <param name="cancellationToken">Cancels the answer, even while it waits.</param>
    public async IAsyncEnumerable<GenerationEvent> GenerateAsync(
        Func<GenerationRequest> prepare, int capacity, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var sentinel = new ReaderSentinel(abandoned);
        var events = new EventBuffer(capacity);
        Task generation = StartAsync(prepare, events, abandoned.Token);
        try
        {
            await foreach (GenerationEvent item in events.ReadAllAsync().ConfigureAwait(false))
            {
                yield return item;
            }

            try
            {
                await generation.ConfigureAwait(false);
            }
            catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
            {
                // The caller knows its own token, not the linked one.
                throw new OperationCanceledException(e.Message, e, cancellationToken);
            }
        }
        finally
        {
            await abandoned.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Prefills tokens after a snapshot, compresses the whole sequence, and returns a snapshot of it. It is queued when the method is called.</summary>
    /// <param name="prepare">Creates the request, on a thread pool thread.</param>
    /// <param name="progress">Called after each chunk, on the native thread; null for none.</param>
    /// <param name="cancellationToken">Cancels the prefill, even while it waits.</param>
    public async Task<(KvSnapshot Snapshot, GenerationStatistics Statistics)> ReadAsync(
        Func<PrefillRequest> prepare, IProgress<PromptProgress>? progress, CancellationToken cancellationToken)
    {
        (KvSnapshot, GenerationStatistics) result = default;
        await _thread.RunAsync(
            () =>
            {
                PrefillRequest request = prepare();
                return new NativeAction(token => result = _runner.Read(request, progress, token));
            },
            cancellationToken).ConfigureAwait(false);
        return result;
    }

    public void Dispose() => _thread.Dispose();

    // Apart from the enumeration: nothing that runs may reference the enumerator, whose end would not be noticed otherwise.
    private Task StartAsync(Func<GenerationRequest> prepare, EventBuffer events, CancellationToken cancellationToken)
    {
        Task generation = _thread.RunAsync(() => new AnswerWork(_runner, prepare(), events), cancellationToken);
        _ = generation.ContinueWith(_ => events.Complete(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return generation;
    }
}
