using System.Threading.Channels;

namespace CurKv.Connector.Scheduling;

/// <summary>
/// The only thread that uses the context: llama.cpp's contexts are not thread-safe, and a prefill would block a thread pool thread for
/// seconds. Jobs run in the order in which they were queued, however long each takes to prepare. Thread-safe.
/// </summary>
internal sealed class NativeThread : IDisposable
{
    private readonly Channel<NativeJob> _jobs = Channel.CreateUnbounded<NativeJob>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _shutdown = new();
    private readonly Thread _thread;
    private readonly Action? _onEnd;
    private readonly Type _owner;

    /// <summary>Starts the thread.</summary>
    /// <param name="owner">The type that exceptions report as disposed.</param>
    /// <param name="onEnd">The thread's last action, which frees what jobs use: a job itself may dispose the thread.</param>
    public NativeThread(Type owner, Action? onEnd = null)
    {
        _onEnd = onEnd;
        _owner = owner;
        _thread = new Thread(Run) { IsBackground = true, Name = "CurKv native" };
        _thread.Start();
    }

    /// <summary>Runs work on the thread after all earlier jobs.</summary>
    /// <param name="work">Receives a token that is cancelled by the caller's token or by disposal.</param>
    /// <param name="cancellationToken">Cancels the work, even while it waits.</param>
    /// <exception cref="ObjectDisposedException">The thread has ended, or ends before the work starts.</exception>
    public Task RunAsync(Action<CancellationToken> work, CancellationToken cancellationToken)
    {
        NativeJob job = Enqueue(() => work, cancellationToken);
        job.Prepare();
        return job.Task;
    }

    /// <summary>
    /// Queues a job, prepares its work on the thread pool, and runs it on the thread after all earlier jobs. If the preparation fails, the
    /// job leaves the queue at once.
    /// </summary>
    /// <param name="prepare">Creates the work's input.</param>
    /// <param name="work">Receives the input, and a token that is cancelled by the caller's token or by disposal.</param>
    /// <param name="cancellationToken">Cancels the work, even while it waits. A preparation that has started continues to its end.</param>
    /// <exception cref="ObjectDisposedException">The thread has ended, or ends before the work starts.</exception>
    public Task RunAsync<T>(Func<T> prepare, Action<T, CancellationToken> work, CancellationToken cancellationToken)
    {
        NativeJob job = Enqueue(
            () =>
            {
                T prepared = prepare();
                return token => work(prepared, token);
            },
            cancellationToken);
        ThreadPool.UnsafeQueueUserWorkItem(static job => job.Prepare(), job, preferLocal: false);
        return job.Task;
    }

    /// <summary>Cancels the running job, rejects waiting jobs, and waits for the thread to end.</summary>
    public void Dispose()
    {
        if (!_jobs.Writer.TryComplete())
        {
            return;
        }

        _shutdown.Cancel();

        // A progress handler runs on the thread itself, and may dispose the client.
        if (Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }
    }

    private NativeJob Enqueue(Func<Action<CancellationToken>> prepare, CancellationToken cancellationToken)
    {
        var job = new NativeJob(prepare, _owner, cancellationToken);
        ObjectDisposedException.ThrowIf(!_jobs.Writer.TryWrite(job), _owner);
        return job;
    }

    private void Run()
    {
        while (_jobs.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_jobs.Reader.TryRead(out NativeJob? job))
            {
                job.Run(_shutdown.Token);
            }
        }

        _onEnd?.Invoke();
    }
}
