namespace CurKv.Connector.Scheduling;

/// <summary>
/// Cancels an answer whose enumerator is dropped without being disposed of, once the garbage collector has noticed: nothing but the
/// enumerator references the sentinel.
/// </summary>
/// <param name="cancellation">Cancels the answer. Everything it runs is the scheduler's own, and short.</param>
internal sealed class ReaderSentinel(CancellationTokenSource cancellation) : IDisposable
{
    public void Dispose() => GC.SuppressFinalize(this);

    ~ReaderSentinel() => cancellation.Cancel();
}
