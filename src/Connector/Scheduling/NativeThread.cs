using System.Threading.Channels;

namespace CurKv.Connector.Scheduling;

/// <summary>
/// The one thread that touches the context: llama.cpp's contexts are not thread-safe, and a prefill would hold a pool thread for
/// seconds. Jobs begin in the order in which they were given, however long each takes to prepare. One that has to wait, such as an answer
/// whose reader does not read, lets the others use the thread, and goes to the end of the queue when it can go on. Thread-safe.
/// </summary>
internal sealed class NativeThread : IDisposable
{
    private readonly Channel<NativeJob> _jobs = Channel.CreateUnbounded<NativeJob>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _shutdown = new();
    private readonly Thread _thread;
    private readonly Action? _onEnd;
    private readonly Type _owner;

    /// <summary>Starts the thread.</summary>
    /// <param name="owner">Who is disposed, in exceptions.</param>
    /// <param name="onEnd">The last that the thread does: what jobs use can only go then, since a job may be what disposes.</param>
    public NativeThread(Type owner, Action? onEnd = null)
    {
        _onEnd = onEnd;
        _owner = owner;
        _thread = new Thread(Run) { IsBackground = true, Name = "CurKv native" };
        _thread.Start();
    }

    /// <summary>Runs work on the thread once the jobs before it are done.</summary>
    /// <param name="work">Gets a token that is cancelled by the caller's or by disposal.</param>
    /// <param name="cancellationToken">Cancels the work, also while it waits.</param>
    /// <exception cref="ObjectDisposedException">The thread has ended, or ends before the work's turn.</exception>
    public Task RunAsync(Action<CancellationToken> work, CancellationToken cancellationToken)
    {
        NativeJob job = Enqueue(() => new NativeAction(work), cancellationToken);
        job.Prepare();
        return job.Task;
    }

    /// <summary>
    /// Takes a place in the queue, then prepares the work on the thread pool, and runs it on the thread once the jobs before it are done
    /// or wait, and it is prepared. A preparation that fails gives the place up at once.
    /// </summary>
    /// <param name="prepare">Makes the work, which is disposed on the thread if it was begun.</param>
    /// <param name="cancellationToken">Cancels the work, also while it waits; a preparation that has begun goes on to its end.</param>
    /// <exception cref="ObjectDisposedException">The thread has ended, or ends before the work's turn.</exception>
    public Task RunAsync(Func<INativeWork> prepare, CancellationToken cancellationToken)
    {
        NativeJob job = Enqueue(prepare, cancellationToken);
        ThreadPool.UnsafeQueueUserWorkItem(static job => job.Prepare(), job, preferLocal: false);
        return job.Task;
    }

    /// <summary>Cancels what runs, refuses what waits, and waits for the thread to end.</summary>
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
