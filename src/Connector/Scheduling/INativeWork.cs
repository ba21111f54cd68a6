namespace CurKv.Connector.Scheduling;

/// <summary>Work that a <see cref="NativeThread"/> does, in one go or in several. Used on that thread only.</summary>
internal interface INativeWork : IDisposable
{
    /// <summary>Begins the work or goes on with it.</summary>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>What the work waits for, so that others may use the thread until then; null once it is done.</returns>
    Task? Run(CancellationToken cancellationToken);
}
