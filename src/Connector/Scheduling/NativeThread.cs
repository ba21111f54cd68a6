using System.Threading.Channels;

namespace CurKv.Connector.Scheduling;

/// <summary>
/// The one thread that touches the context: llama.cpp's contexts are not thread-safe, and a prefill would hold a pool thread for
/// seconds. Jobs run in the order in which they came. Thread-safe.
/// </summary>
internal sealed class NativeThread : IDisposable
{
    private readonly Channel<Job> _jobs = Channel.CreateUnbounded<Job>(new UnboundedChannelOptions { SingleReader = true });
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
        var job = new Job(work, _owner, cancellationToken);
        ObjectDisposedException.ThrowIf(!_jobs.Writer.TryWrite(job), _owner);
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

    private void Run()
    {
        while (_jobs.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_jobs.Reader.TryRead(out Job? job))
            {
                job.Run(_shutdown.Token);
            }
        }

        _onEnd?.Invoke();
    }

    private sealed class Job
    {
        // Continuations must not run on the native thread.
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Action<CancellationToken> _work;
        private readonly Type _owner;
        private readonly CancellationToken _cancellationToken;
        private readonly CancellationTokenRegistration _whileQueued;

        public Job(Action<CancellationToken> work, Type owner, CancellationToken cancellationToken)
        {
            _work = work;
            _owner = owner;
            _cancellationToken = cancellationToken;

            // A cancelled caller does not wait for the jobs before its own.
            _whileQueued = cancellationToken.UnsafeRegister(static (job, token) => ((Job)job!)._done.TrySetCanceled(token), this);
        }

        public Task Task => _done.Task;

        public void Run(CancellationToken shutdown)
        {
            // Waits for a cancellation on its way; from here on only this thread ends the job.
            _whileQueued.Dispose();
            if (_done.Task.IsCompleted)
            {
                return;
            }

            if (shutdown.IsCancellationRequested)
            {
                _done.SetException(new ObjectDisposedException(_owner.FullName));
                return;
            }

            using var linked = CancellationTokenSource.CreateLinkedTokenSource(_cancellationToken, shutdown);
            try
            {
                linked.Token.ThrowIfCancellationRequested();
                _work(linked.Token);
                _done.SetResult();
            }
            catch (OperationCanceledException e) when (linked.IsCancellationRequested)
            {
                _done.SetCanceled(_cancellationToken.IsCancellationRequested ? _cancellationToken : e.CancellationToken);
            }
#pragma warning disable CA1031 // Whatever a job throws belongs to whoever waits for it; the thread goes on.
            catch (Exception e)
#pragma warning restore CA1031
            {
                _done.SetException(e);
            }
        }
    }
}
