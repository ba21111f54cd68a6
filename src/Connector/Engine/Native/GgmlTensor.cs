using System.Runtime.InteropServices;

namespace CurKv.Connector.Engine.Native;

/// <summary>ggml's tensor, by the offsets that all builds in use share (336 bytes). <c>KvCacheProbe</c> checks them at start.</summary>
[StructLayout(LayoutKind.Explicit, Size = 336)]
internal unsafe struct GgmlTensor
{
    /// <summary>How many sources an operation can have.</summary>
    public const int MaxSources = 10;

    [FieldOffset(0)]
    public int Type;

    [FieldOffset(8)]
    public nint Buffer;

    /// <summary>Elements in each dimension.</summary>
    [FieldOffset(16)]
    public fixed long Extent[4];

    /// <summary>Bytes from one element of a dimension to the next.</summary>
    [FieldOffset(48)]
    public fixed ulong Stride[4];

    [FieldOffset(80)]
    public int Operation;

    /// <summary>The operation's own numbers, some of them float bits.</summary>
    [FieldOffset(84)]
    public fixed int Parameters[16];

    [FieldOffset(152)]
    public fixed ulong Sources[MaxSources];

    [FieldOffset(232)]
    public GgmlTensor* ViewSource;

    [FieldOffset(248)]
    public byte* Data;

    [FieldOffset(256)]
    public fixed byte Name[64];

    /// <summary>The tensor that an operation reads at <paramref name="index"/>; null where there is none.</summary>
    public readonly GgmlTensor* Source(int index) => (GgmlTensor*)Sources[index];

    /// <summary>The floating-point number among the operation's own.</summary>
    public readonly float RealParameter(int index) => BitConverter.Int32BitsToSingle(Parameters[index]);

    /// <summary>Whether a name holds another one. The scheduler puts its own words around names of what it copies to a device.</summary>
    public bool IsNamed(ReadOnlySpan<byte> name)
    {
        fixed (byte* start = Name)
        {
            return MemoryMarshal.CreateReadOnlySpanFromNullTerminated(start).IndexOf(name) >= 0;
        }
    }

    /// <summary>The number behind a name's prefix (<c>cache_k_l</c><b>12</b>), or −1 where the name is another one.</summary>
    public int NumberAfter(ReadOnlySpan<byte> prefix)
    {
        fixed (byte* start = Name)
        {
            ReadOnlySpan<byte> name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(start);
            return name.StartsWith(prefix) && int.TryParse(name[prefix.Length..], out int number) ? number : -1;
        }
    }
}
