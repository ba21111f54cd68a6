using System.Collections.Concurrent;

namespace CurKv.Connector.KvCache.Device;

/// <summary>
/// Runs a device's work on one thread, in order of arrival: the device never waits for a thread to wake up, as it would if threads
/// passed a lock. Thread-safe.
/// </summary>
internal sealed class DeviceQueue : IDisposable
{
    private readonly BlockingCollection<Task> _work = [];
    private readonly Thread _thread;

    /// <param name="name">The device's name.</param>
    public DeviceQueue(string name)
    {
        _thread = new Thread(Work) { Name = $"CurKv {name}", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Runs work and waits for it.</summary>
    /// <exception cref="Exception">The exception that the work throws.</exception>
    public void Run(Action work)
    {
        var task = new Task(work);
        _work.Add(task);
        task.GetAwaiter().GetResult();
    }

    /// <summary>Waits for all work.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private void Work()
    {
        foreach (Task task in _work.GetConsumingEnumerable())
        {
            task.RunSynchronously();
        }
    }
}
