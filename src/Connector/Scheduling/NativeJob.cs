namespace CurKv.Connector.Scheduling;

/// <summary>A job in a <see cref="NativeThread"/>'s queue. It ends with its work, a failed preparation, or its cancellation, whichever is first.</summary>
internal sealed class NativeJob
{
    // Continuations must not run on the native thread.
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<INativeWork> _work = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<INativeWork> _prepare;
    private readonly Type _owner;
    private readonly CancellationToken _cancellationToken;
    private CancellationTokenRegistration _whileWaiting;
    private bool _hasBegun;

    /// <summary>Creates a waiting job.</summary>
    /// <param name="prepare">Creates the work.</param>
    /// <param name="owner">The type that exceptions report as disposed.</param>
    /// <param name="cancellationToken">Cancels the job.</param>
    public NativeJob(Func<INativeWork> prepare, Type owner, CancellationToken cancellationToken)
    {
        _prepare = prepare;
        _owner = owner;
        _cancellationToken = cancellationToken;
        EndWhenCancelled();
    }

    /// <summary>Completes with the job.</summary>
    public Task Task => _done.Task;

    /// <summary>Creates the work, unless the job has ended. Called once, on any thread.</summary>
    public void Prepare()
    {
        if (_done.Task.IsCompleted)
        {
            return;
        }

        try
        {
            _work.SetResult(_prepare());
        }
#pragma warning disable CA1031 // Whatever a preparation throws belongs to whoever waits for the job.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _done.TrySetException(e);
        }
    }

    /// <summary>Waits until the job is prepared, and starts or continues its work, unless the job has ended. Called on the native thread.</summary>
    /// <param name="shutdown">Cancels the work, and rejects a job whose work has not started.</param>
    /// <returns>What the job waits for, including its own end; null once it has ended.</returns>
    public Task? Run(CancellationToken shutdown)
    {
        if (!_hasBegun)
        {
            WaitForWork(shutdown);
        }

        // Waits for a cancellation that is in progress. While the work runs, only this thread ends the job.
        _whileWaiting.Dispose();
        if (_done.Task.IsCompleted)
        {
            DisposeIfBegun();
            return null;
        }

        if (Work(_work.Task.Result, shutdown) is not Task pause)
        {
            return null;
        }

        EndWhenCancelled();
        return Task.WhenAny(pause, _done.Task);
    }

    // A cancelled caller does not wait for earlier jobs, nor for its next turn on the thread.
    private void EndWhenCancelled() =>
        _whileWaiting = _cancellationToken.UnsafeRegister(static (job, token) => ((NativeJob)job!)._done.TrySetCanceled(token), this);

    private void WaitForWork(CancellationToken shutdown)
    {
        try
        {
            Task.WaitAny([_work.Task, _done.Task], shutdown);
        }
        catch (OperationCanceledException)
        {
            _done.TrySetException(new ObjectDisposedException(_owner.FullName));
        }
    }

    private void DisposeIfBegun()
    {
        if (_hasBegun)
        {
            _work.Task.Result.Dispose();
        }
    }

    private Task? Work(INativeWork work, CancellationToken shutdown)
    {
        _hasBegun = true;
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(_cancellationToken, shutdown);
        try
        {
            linked.Token.ThrowIfCancellationRequested();
            if (work.Run(linked.Token) is Task pause)
            {
                return pause;
            }

            work.Dispose();
            _done.SetResult();
        }
        catch (OperationCanceledException e) when (linked.IsCancellationRequested)
        {
            work.Dispose();
            _done.SetCanceled(_cancellationToken.IsCancellationRequested ? _cancellationToken : e.CancellationToken);
        }
#pragma warning disable CA1031 // Whatever a job throws belongs to whoever waits for it; the thread goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            work.Dispose();
            _done.SetException(e);
        }

        return null;
    }
}
