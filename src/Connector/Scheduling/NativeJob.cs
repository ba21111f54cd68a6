namespace CurKv.Connector.Scheduling;

/// <summary>A place in a <see cref="NativeThread"/>'s queue. Whatever ends it first counts: its work, its preparation, or its cancellation.</summary>
internal sealed class NativeJob
{
    // Continuations must not run on the native thread.
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Action<CancellationToken>> _work = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<Action<CancellationToken>> _prepare;
    private readonly Type _owner;
    private readonly CancellationToken _cancellationToken;
    private readonly CancellationTokenRegistration _whileWaiting;

    /// <summary>Creates a job that waits.</summary>
    /// <param name="prepare">Makes the work.</param>
    /// <param name="owner">Who is disposed, in exceptions.</param>
    /// <param name="cancellationToken">Cancels the job.</param>
    public NativeJob(Func<Action<CancellationToken>> prepare, Type owner, CancellationToken cancellationToken)
    {
        _prepare = prepare;
        _owner = owner;
        _cancellationToken = cancellationToken;

        // A cancelled caller does not wait for the jobs before its own.
        _whileWaiting = cancellationToken.UnsafeRegister(static (job, token) => ((NativeJob)job!)._done.TrySetCanceled(token), this);
    }

    /// <summary>Ends with the job.</summary>
    public Task Task => _done.Task;

    /// <summary>Makes the work, unless the job has ended. To be called once, on any thread.</summary>
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

    /// <summary>Waits until the job is prepared, and does its work, unless it ends before.</summary>
    /// <param name="shutdown">Cancels the work, and refuses a job whose work has not begun.</param>
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

        // Waits for a cancellation on its way; from here on only this thread ends the job.
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
