using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Reads rows of floating-point elements.</summary>
internal readonly unsafe struct ElementRow<TElement> : IRowFormat
    where TElement : IElement
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Widen(byte* row, float* target, int length)
    {
        int step = Vector512<float>.Count;
        int i = 0;
        for (; i <= length - step; i += step)
        {
            TElement.Widen(row + (i * TElement.Bytes)).Store(target + i);
        }

        if (i == length)
        {
            return;
        }

        if (length >= step)
        {
            // The last vector overlaps the one before.
            TElement.Widen(row + ((length - step) * TElement.Bytes)).Store(target + length - step);
            return;
        }

        for (; i < length; i++)
        {
            target[i] = ScalarElements.Read(TElement.Type, row, i);
        }
    }
}
