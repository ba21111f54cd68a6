using System.Runtime.InteropServices;

namespace CurKv.Connector.Engine.Native;

/// <summary>A backend of our own on the device where a tensor lies: ours and llama.cpp's share the device's memory.</summary>
/// <remarks>Used by one thread at a time. What llama.cpp computes has to be finished first (<see cref="ILlamaContext.Synchronize"/>).</remarks>
internal sealed unsafe class GgmlBackend : IDisposable
{
    private GgmlBackend(nint device, nint handle)
    {
        Device = device;
        Handle = handle;
    }

    /// <summary>ggml's <c>ggml_backend_dev_t</c>.</summary>
    public nint Device { get; }

    /// <summary>ggml's <c>ggml_backend_t</c>.</summary>
    public nint Handle { get; private set; }

    /// <summary>The device's name, such as <c>CUDA0</c>.</summary>
    public string Name => NameOf(Device);

    /// <summary>A device's name, such as <c>CUDA0</c>.</summary>
    public static string NameOf(nint device) => device == 0 ? "unknown" : Marshal.PtrToStringUTF8((nint)GgmlGaps.ggml_backend_dev_name(device)) ?? "unknown";

    /// <summary>The device that holds a tensor; 0 where there is none, not even the CPU.</summary>
    public static nint DeviceOf(GgmlTensor* tensor)
    {
        // Plain memory belongs to no device: the CPU computes on it.
        nint device = GgmlGaps.ggml_backend_buft_get_device(GgmlGaps.ggml_backend_buffer_get_type(tensor->Buffer));
        return device != 0 ? device : GgmlGaps.ggml_backend_dev_by_type(GgmlGaps.CpuDevice);
    }

    /// <summary>A device's memory, free and in all, in bytes.</summary>
    public static (long Free, long Total) MemoryOf(nint device)
    {
        nuint free, total;
        GgmlGaps.ggml_backend_dev_memory(device, &free, &total);
        return ((long)free, (long)total);
    }

    /// <summary>Opens a backend on a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="threads">How many threads compute, where the device is the CPU.</param>
    /// <exception cref="LlamaException">The device gives no further backend.</exception>
    public static GgmlBackend Open(nint device, int threads)
    {
        nint handle = device == 0 ? 0 : GgmlGaps.ggml_backend_dev_init(device, null);
        if (handle == 0)
        {
            throw new LlamaException($"The cache's device gives no backend to compress it with. {NativeLog.LastErrors()}");
        }

        SetThreads(device, handle, threads);
        return new GgmlBackend(device, handle);
    }

    /// <summary>Whether this backend computes on a tensor where it lies.</summary>
    public bool Reaches(GgmlTensor* tensor) =>
        GgmlGaps.ggml_backend_supports_buft(Handle, GgmlGaps.ggml_backend_buffer_get_type(tensor->Buffer));

    public void Dispose()
    {
        if (Handle != 0)
        {
            GgmlGaps.ggml_backend_free(Handle);
            Handle = 0;
        }
    }

    private static void SetThreads(nint device, nint handle, int threads)
    {
        fixed (byte* name = "ggml_backend_set_n_threads"u8)
        {
            nint function = GgmlGaps.ggml_backend_reg_get_proc_address(GgmlGaps.ggml_backend_dev_backend_reg(device), name);
            if (function != 0)
            {
                ((delegate* unmanaged[Cdecl]<nint, int, void>)function)(handle, threads);
            }
        }
    }
}
