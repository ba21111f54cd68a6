using System.Collections.Concurrent;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache.State;

namespace CurKv.Connector.KvCache.Device;

/// <summary>Buffers for transfers from a device. They are kept, since memory that a device writes to directly is slow to allocate. Thread-safe.</summary>
/// <param name="memory">Where the buffers are allocated.</param>
internal sealed class DeviceStaging(HostMemory memory) : IDisposable
{
    private readonly ConcurrentBag<NativeBuffer> _free = [];

    /// <summary>Rents a buffer for exclusive use.</summary>
    public NativeBuffer Rent() => _free.TryTake(out NativeBuffer? buffer) ? buffer : new NativeBuffer(memory);

    /// <summary>Returns a buffer.</summary>
    public void Return(NativeBuffer buffer) => _free.Add(buffer);

    public void Dispose()
    {
        while (_free.TryTake(out NativeBuffer? buffer))
        {
            buffer.Dispose();
        }
    }
}
