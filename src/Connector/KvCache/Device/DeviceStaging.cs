using System.Collections.Concurrent;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache.State;

namespace CurKv.Connector.KvCache.Device;

/// <summary>Buffers through which numbers come from a device: kept, since memory that a device writes to directly is slow to get. Thread-safe.</summary>
/// <param name="memory">Where the buffers are.</param>
internal sealed class DeviceStaging(HostMemory memory) : IDisposable
{
    private readonly ConcurrentBag<NativeBuffer> _free = [];

    /// <summary>A buffer that nobody else has until it is returned.</summary>
    public NativeBuffer Rent() => _free.TryTake(out NativeBuffer? buffer) ? buffer : new NativeBuffer(memory);

    /// <summary>Gives a buffer back.</summary>
    public void Return(NativeBuffer buffer) => _free.Add(buffer);

    public void Dispose()
    {
        while (_free.TryTake(out NativeBuffer? buffer))
        {
            buffer.Dispose();
        }
    }
}
