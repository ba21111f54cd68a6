using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Kernels;

/// <summary>A ggml block: an f16 scale, then 32 small integers.</summary>
internal unsafe interface IQuantisedBlock
{
    /// <summary>The type.</summary>
    static abstract KvElementType Type { get; }

    /// <summary>The size of a block.</summary>
    static abstract int Bytes { get; }

    /// <summary>The 32 integers, in order.</summary>
    /// <param name="integers">What follows the scale.</param>
    static abstract Vector256<sbyte> Load(byte* integers);

    /// <summary>For each of eight blocks the sum of its integers' squares.</summary>
    /// <param name="blocks">The first block.</param>
    static abstract Vector256<int> SquareSums(byte* blocks);
}
