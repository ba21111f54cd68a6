using System.Runtime.InteropServices;

namespace CurKv.Connector.KvCache;

/// <summary>
/// Memory for state blobs that only grows and is used again: blobs pass the 2 GB of a managed array, and a cold buffer costs ten
/// times a warm one.
/// </summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    /// <summary>The memory; moves when it grows.</summary>
    public byte* Data { get; private set; }

    /// <summary>The number of bytes that there is room for.</summary>
    public nuint Capacity { get; private set; }

    /// <summary>Makes room; what the buffer held is lost when it grows.</summary>
    public byte* Reserve(nuint bytes)
    {
        if (bytes > Capacity)
        {
            NativeMemory.Free(Data);
            Data = null;
            Capacity = 0;
            Data = (byte*)NativeMemory.Alloc(bytes);
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
        NativeMemory.Free(Data);
        Data = null;
        Capacity = 0;
    }
}
