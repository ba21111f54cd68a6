namespace CurKv.Connector.Tests.Engine;

/// <summary>Holds a native thread at a point until the test lets it go.</summary>
internal sealed class NativeGate : IDisposable
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _open = new();

    /// <summary>Completes once the thread has come to the gate.</summary>
    public Task Reached => _reached.Task.WaitAsync(Patience.Limit);

    /// <summary>Called on the native thread.</summary>
    public void Pass()
    {
        _reached.TrySetResult();
        Assert.True(_open.Wait(Patience.Limit), "The test never opened the gate.");
    }

    public void Open() => _open.Set();

    public void Dispose()
    {
        _open.Set();
        _open.Dispose();
    }
}
