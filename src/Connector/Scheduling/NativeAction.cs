namespace CurKv.Connector.Scheduling;

/// <summary>Work that is done in one go.</summary>
internal sealed class NativeAction(Action<CancellationToken> action) : INativeWork
{
    public Task? Run(CancellationToken cancellationToken)
    {
        action(cancellationToken);
        return null;
    }

    public void Dispose()
    {
    }
}
