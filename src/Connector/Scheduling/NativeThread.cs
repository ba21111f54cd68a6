using System.Threading.Channels;

namespace CurKv.Connector.Scheduling;

/// <summary>
/// The only thread that uses the context: llama.cpp's contexts are not thread-safe, and a prefill would block a thread pool thread for
/// seconds. Jobs start in the order in which they were queued, however long each takes to prepare. A job that has to wait, such as an answer
/// whose reader does not read, yields the thread to the others, and returns to the end of the queue when it can continue. Thread-safe.
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
        NativeJob job = Enqueue(() => new NativeAction(work), cancellationToken);
        job.Prepare();
        return job.Task;
    }

    /// <summary>
    /// Queues a job, prepares its work on the thread pool, and runs it on the thread once all earlier jobs have ended or wait. If the
    /// preparation fails, the job leaves the queue at once.
    /// </summary>
    /// <param name="prepare">Creates the work, which is disposed on the thread if it has started.</param>
    /// <param name="cancellationToken">Cancels the work, even while it waits. A preparation that has started continues to its end.</param>
    /// <exception cref="ObjectDisposedException">The thread has ended, or ends before the work starts.</exception>
    public Task RunAsync(Func<INativeWork> prepare, CancellationToken cancellationToken)
    {
        NativeJob job = Enqueue(prepare, cancellationToken);
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

    private NativeJob Enqueue(Func<INativeWork> prepare, CancellationToken cancellationToken)
    {
        var job = new NativeJob(prepare, _owner, cancellationToken);
        ObjectDisposedException.ThrowIf(!_jobs.Writer.TryWrite(job), _owner);
        return job;
    }

    private void Run()
    {
        HashSet<NativeJob> paused = [];
        while (_jobs.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_jobs.Reader.TryRead(out NativeJob? job))
            {
                paused.Remove(job);
                if (job.Run(_shutdown.Token) is Task pause)
                {
                    paused.Add(job);
                    pause.ContinueWith(
                        (_, job) => _jobs.Writer.TryWrite((NativeJob)job!), job, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                }
            }
        }

        // Nothing can go on any more: each of them ends as cancelled.
        foreach (NativeJob job in paused)
        {
            job.Run(_shutdown.Token);
        }

        _onEnd?.Invoke();
    }
}
