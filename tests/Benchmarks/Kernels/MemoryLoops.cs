using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CurKv.Benchmarks.Kernels;

/// <summary>What the kernels are measured against: the memory's own speed.</summary>
internal static unsafe class MemoryLoops
{
    /// <summary>What <see cref="Read"/> reads is a multiple of so many bytes.</summary>
    public const int Granularity = Chains * 64;

    private const int Chains = 4;

    /// <summary>Reads memory and adds it up.</summary>
    /// <param name="data">The memory.</param>
    /// <param name="bytes">How much; a multiple of <see cref="Granularity"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Read(byte* data, long bytes)
    {
        int step = Vector512<byte>.Count;
        Vector512<int> first = default, second = default, third = default, fourth = default;
        for (byte* end = data + bytes; data < end; data += Chains * step)
        {
            first += Vector512.Load((int*)data);
            second += Vector512.Load((int*)(data + step));
            third += Vector512.Load((int*)(data + (2 * step)));
            fourth += Vector512.Load((int*)(data + (3 * step)));
        }

        return Vector512.Sum(first + second + third + fourth);
    }

    /// <summary>Copies the first half of memory over the second.</summary>
    /// <param name="data">The memory.</param>
    /// <param name="bytes">How much there is.</param>
    public static void Copy(byte* data, long bytes) => Buffer.MemoryCopy(data, data + (bytes / 2), bytes / 2, bytes / 2);
}
