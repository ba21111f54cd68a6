using CurKv.Connector.Engine.Native;

namespace CurKv.Connector.KvCache.State;

/// <summary>
/// Memory for state blobs, which grows as needed and is reused: blobs exceed the 2 GB of a managed array, and a cold buffer costs ten
/// times as much as a warm one.
/// </summary>
/// <param name="memory">Where the memory is allocated; null for ordinary host memory.</param>
internal sealed unsafe class NativeBuffer(HostMemory? memory = null) : IDisposable
{
    private readonly HostMemory _memory = memory ?? HostMemory.Plain;
    private nint _owner;

    /// <summary>The memory. It moves when it grows.</summary>
    public byte* Data { get; private set; }

    /// <summary>The capacity in bytes.</summary>
    public nuint Capacity { get; private set; }

    /// <summary>Ensures a capacity. The contents are lost if the buffer grows.</summary>
    public byte* Reserve(nuint bytes)
    {
        if (bytes > Capacity)
        {
            Free();
            Data = _memory.Take(bytes, out _owner);
            Capacity = bytes;
        }

        return Data;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    // A document that is never disposed may hold gigabytes.
    ~NativeBuffer() => Free();

    private void Free()
    {
        HostMemory.Free(Data, _owner);
        Data = null;
        Capacity = 0;
        _owner = 0;
    }
}
