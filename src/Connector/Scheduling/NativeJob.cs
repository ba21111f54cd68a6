namespace CurKv.Connector.Scheduling;

/// <summary>A job in a <see cref="NativeThread"/>'s queue. It ends with its work, a failed preparation, or its cancellation, whichever is first.</summary>
internal sealed class NativeJob
{
    // Continuations must not run on the native thread.
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Action<CancellationToken>> _work = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<Action<CancellationToken>> _prepare;
    private readonly Type _owner;
    private readonly CancellationToken _cancellationToken;
    private readonly CancellationTokenRegistration _whileWaiting;

    /// <summary>Creates a waiting job.</summary>
    /// <param name="prepare">Creates the work.</param>
    /// <param name="owner">The type that exceptions report as disposed.</param>
    /// <param name="cancellationToken">Cancels the job.</param>
    public NativeJob(Func<Action<CancellationToken>> prepare, Type owner, CancellationToken cancellationToken)
    {
        _prepare = prepare;
        _owner = owner;
        _cancellationToken = cancellationToken;

        // A cancelled caller does not wait for earlier jobs.
        _whileWaiting = cancellationToken.UnsafeRegister(static (job, token) => ((NativeJob)job!)._done.TrySetCanceled(token), this);
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

    /// <summary>Waits until the job is prepared, and runs its work, unless the job has ended.</summary>
    /// <param name="shutdown">Cancels the work, and rejects a job whose work has not started.</param>
    public void Run(CancellationToken shutdown)
    {
        try
        {
            Task.WaitAny([_work.Task, _done.Task], shutdown);
        }
        catch (OperationCanceledException)
        {
            _done.TrySetException(new ObjectDisposedException(_owner.FullName));
        }

        // Waits for a cancellation that is in progress. From here on, only this thread ends the job.
        _whileWaiting.Dispose();
        if (!_done.Task.IsCompleted)
        {
            Work(_work.Task.Result, shutdown);
        }
    }

    private void Work(Action<CancellationToken> work, CancellationToken shutdown)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(_cancellationToken, shutdown);
        try
        {
            linked.Token.ThrowIfCancellationRequested();
            work(linked.Token);
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
