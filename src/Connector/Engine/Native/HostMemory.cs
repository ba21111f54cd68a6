using System.Runtime.InteropServices;

namespace CurKv.Connector.Engine.Native;

/// <summary>Where buffers on the host come from: plain memory, or memory that a device copies to and from without a detour.</summary>
/// <remarks>
/// Copies between plain memory and a GPU go through the driver's own buffers, at a third of the speed, and at a thirtieth of it where the
/// memory is cold. Thread-safe.
/// </remarks>
internal sealed unsafe class HostMemory
{
    private const int GpuDevice = 1;
    private readonly nint _bufferType;

    private HostMemory(nint bufferType) => _bufferType = bufferType;

    /// <summary>Memory as any other.</summary>
    public static HostMemory Plain { get; } = new(0);

    /// <summary>The memory for copies to and from a device; plain where the device has no other.</summary>
    public static HostMemory For(nint device)
    {
        nint bufferType = device == 0 ? 0 : GgmlGaps.ggml_backend_dev_host_buffer_type(device);
        return bufferType == 0 ? Plain : new HostMemory(bufferType);
    }

    /// <summary>The memory for copies to and from the first GPU; plain where there is none.</summary>
    public static HostMemory ForGpu() => For(GgmlGaps.ggml_backend_dev_by_type(GpuDevice));

    /// <summary>Takes memory.</summary>
    /// <param name="bytes">How much.</param>
    /// <param name="owner">What <see cref="Free"/> wants to be told.</param>
    /// <exception cref="OutOfMemoryException">There is not so much.</exception>
    public byte* Take(nuint bytes, out nint owner)
    {
        // What the system will not pin can be had as plain memory.
        owner = _bufferType == 0 ? 0 : GgmlGaps.ggml_backend_buft_alloc_buffer(_bufferType, bytes);
        return (byte*)(owner == 0 ? NativeMemory.Alloc(bytes) : GgmlGaps.ggml_backend_buffer_get_base(owner));
    }

    /// <summary>Gives memory back.</summary>
    public static void Free(byte* data, nint owner)
    {
        if (owner != 0)
        {
            GgmlGaps.ggml_backend_buffer_free(owner);
        }
        else
        {
            NativeMemory.Free(data);
        }
    }
}
