using System.Runtime.InteropServices;

namespace CurKv.Connector.Engine.Native;

/// <summary>ggml's <c>ggml_init_params</c>.</summary>
/// <param name="size">Bytes for the structs of tensors and graphs.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct GgmlContextParameters(nuint size)
{
    private readonly nuint _size = size;
    private readonly nint _memory;

    // Tensors' data is allocated apart, on the device.
    private readonly byte _noAllocation = 1;
}
