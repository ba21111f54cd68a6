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
    /// <param name="settings">The context's sizes.</param>
    /// <param name="access">How the cache may be reached.</param>
    /// <param name="owner">Who is disposed, in exceptions.</param>
    /// <param name="logger">Receives how the cache is compressed.</param>
    public Scheduler(ILlamaEngine engine, LlamaContextSettings settings, KvCacheAccess access, Type owner, ILogger logger)
    {
        _runner = new SequenceRunner(engine, new SizedContext(engine, settings, access, logger));
        _thread = new NativeThread(owner, _runner.Dispose);
    }

    /// <summary>Why this model's cache cannot be compressed; null where it can.</summary>
    public string? CompressionRefusal => _runner.CompressionRefusal;

    /// <summary>Whether the prompt's queries can be observed while it is read.</summary>
    public bool ObservesQueries => _runner.ObservesQueries;

    /// <summary>The context's cells as they are now.</summary>
    public int ContextSize => _runner.ContextSize;

    /// <summary>Whether policies that read norms alone are served by the device that holds the cache.</summary>
    public bool MeasuresOnDevice => _runner.MeasuresOnDevice;

    /// <summary>
    /// Generates an answer. Its place among the others is that of the first step of the enumeration. Not reading on to the end stops the
    /// generation: at once where the enumerator is disposed of, and else when the garbage collector notices.
    /// </summary>
    /// <param name="prepare">Makes the request, on a thread of the pool.</param>
    /// <param name="capacity">So many pieces are generated ahead of the reader, and a few more; then others' requests go first.</param>
    /// <param name="cancellationToken">Cancels the answer, also while it waits.</param>
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

    /// <summary>Reads tokens behind what was read before, compresses all of it, and keeps what is left. Its place among the others is that of the call.</summary>
    /// <param name="prepare">Makes the request, on a thread of the pool.</param>
    /// <param name="progress">Told after each chunk, on the native thread; null for none.</param>
    /// <param name="cancellationToken">Cancels the reading, also while it waits.</param>
    public async Task<(KvSnapshot Snapshot, GenerationStatistics Statistics)> ReadAsync(
        Func<ReadingRequest> prepare, IProgress<PromptProgress>? progress, CancellationToken cancellationToken)
    {
        (KvSnapshot, GenerationStatistics) result = default;
        await _thread.RunAsync(
            () =>
            {
                ReadingRequest request = prepare();
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
