using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Kernels;

/// <summary>A floating-point element type, as the kernels load it.</summary>
internal unsafe interface IElement
{
    /// <summary>The type.</summary>
    static abstract KvElementType Type { get; }

    /// <summary>The size of an element.</summary>
    static abstract int Bytes { get; }

    /// <summary>
    /// Whether <see cref="Load"/> deals its elements out in turn, even ones to the first vector and odd ones to the second,
    /// or the first half to the first vector. Dealing needs no shuffle, and a norm does not mind the order.
    /// </summary>
    static abstract bool Interleaved { get; }

    /// <summary>Loads 32 elements, up to their sign.</summary>
    static abstract (Vector512<float> First, Vector512<float> Second) Load(byte* elements);

    /// <summary>Loads 16 elements in order, exactly; an infinity may become NaN.</summary>
    static abstract Vector512<float> Widen(byte* elements);
}
