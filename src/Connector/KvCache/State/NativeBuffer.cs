using CurKv.Connector.Engine.Native;

namespace CurKv.Connector.KvCache.State;

/// <summary>
/// Memory for state blobs that only grows and is used again: blobs pass the 2 GB of a managed array, and a cold buffer costs ten
/// times a warm one.
/// </summary>
/// <param name="memory">Where the memory comes from; null for plain memory.</param>
internal sealed unsafe class NativeBuffer(HostMemory? memory = null) : IDisposable
{
    private readonly HostMemory _memory = memory ?? HostMemory.Plain;
    private nint _owner;

    /// <summary>The memory; moves when it grows.</summary>
    public byte* Data { get; private set; }

    /// <summary>The number of bytes that there is room for.</summary>
    public nuint Capacity { get; private set; }

    /// <summary>Makes room; what the buffer held is lost when it grows.</summary>
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

    // A document that nobody disposes holds gigabytes.
    ~NativeBuffer() => Free();

    private void Free()
    {
        HostMemory.Free(Data, _owner);
        Data = null;
        Capacity = 0;
        _owner = 0;
    }
}
