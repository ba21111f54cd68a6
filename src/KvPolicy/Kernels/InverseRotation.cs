using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Undoes RoPE, position after position or at any one. Used by one thread at a time.</summary>
internal sealed class InverseRotation
{
    // How many positions one entry of the far table covers.
    private const int Reach = 256;

    private readonly RotaryEmbedding _rotary;
    private readonly double[] _frequencies;

    // By pair, padded to whole vectors: the angle that one position adds, and the position's.
    private readonly double[] _stepCos;
    private readonly double[] _stepSin;
    private readonly double[] _angleCos;
    private readonly double[] _angleSin;

    // By element where pairs are neighbours, by pair where they are not.
    private readonly float[] _cos;
    private readonly float[] _sin;

    // Cosines, then sines, as above: of positions 0 to 255, and of the multiples of 256.
    private readonly float[] _near;
    private readonly float[] _far;

    private int _position = -1;

    /// <summary>Creates the rotation, at no position yet.</summary>
    /// <param name="rotary">What is undone.</param>
    /// <param name="positions">Below which position <see cref="Jump"/> leads; 0 where it is not needed.</param>
    public InverseRotation(RotaryEmbedding rotary, int positions = 0)
    {
        int pairs = rotary.Dimensions / 2;
        int padded = RoundUp(pairs, Vector512<double>.Count);
        int spread = RoundUp(rotary.Interleaved ? 2 * padded : padded, Vector512<float>.Count);
        _rotary = rotary;
        _frequencies = new double[pairs];
        _stepCos = new double[padded];
        _stepSin = new double[padded];
        _angleCos = new double[padded];
        _angleSin = new double[padded];
        _cos = new float[spread];
        _sin = new float[spread];
        for (int i = 0; i < pairs; i++)
        {
            _frequencies[i] = Math.Pow(rotary.Base, -2.0 * i / rotary.Dimensions);
            (_stepSin[i], _stepCos[i]) = Math.SinCos(_frequencies[i]);
        }

        _near = Tabulate(1, Math.Min(positions, Reach));
        _far = Tabulate(Reach, RoundUp(positions, Reach) / Reach);
    }

    /// <summary>Goes to a position, exactly unless <see cref="Next"/> has led there already.</summary>
    public void Seek(int position)
    {
        if (position == _position)
        {
            return;
        }

        for (int i = 0; i < _frequencies.Length; i++)
        {
            (_angleSin[i], _angleCos[i]) = Math.SinCos(position * _frequencies[i]);
        }

        _position = position;
        Spread();
    }

    /// <summary>
    /// Goes to any position below the tabulated number of them, by the sum of two tabulated angles: the positions of a compressed cache
    /// differ from head to head, and sines of every one would cost more than all the rest. Off by some units of a float's last digit.
    /// </summary>
    [MethodImpl(Hot.Loop)]
    public void Jump(int position)
    {
        int length = _cos.Length;
        int near = position % Reach * 2 * length;
        int far = position / Reach * 2 * length;
        for (int i = 0; i < length; i += Vector512<float>.Count)
        {
            Vector512<float> nearCos = Vector512.Create(_near, near + i);
            Vector512<float> nearSin = Vector512.Create(_near, near + length + i);
            Vector512<float> farCos = Vector512.Create(_far, far + i);
            Vector512<float> farSin = Vector512.Create(_far, far + length + i);

            // The signs of neighbours' sines are those of both factors: their product has none, as a cosine.
            ((nearCos * farCos) - (nearSin * farSin)).CopyTo(_cos, i);
            ((nearSin * farCos) + (nearCos * farSin)).CopyTo(_sin, i);
        }

        _position = -1;
    }

    /// <summary>
    /// Goes to the next position by the sum of angles: sines of every one would cost more than all the rest. A million steps
    /// are off by less than a float can tell.
    /// </summary>
    [MethodImpl(Hot.Loop)]
    public void Next()
    {
        for (int i = 0; i < _angleCos.Length; i += Vector512<double>.Count)
        {
            Vector512<double> cos = Vector512.Create(_angleCos, i);
            Vector512<double> sin = Vector512.Create(_angleSin, i);
            Vector512<double> stepCos = Vector512.Create(_stepCos, i);
            Vector512<double> stepSin = Vector512.Create(_stepSin, i);
            ((cos * stepCos) - (sin * stepSin)).CopyTo(_angleCos, i);
            ((sin * stepCos) + (cos * stepSin)).CopyTo(_angleSin, i);
        }

        _position++;
        Spread();
    }

    /// <summary>Turns a key from the position back to position 0.</summary>
    [MethodImpl(Hot.Loop)]
    public void Apply(Span<float> key)
    {
        Span<float> rotated = key[.._rotary.Dimensions];
        if (_rotary.Interleaved)
        {
            Neighbours(rotated);
        }
        else
        {
            Halves(rotated);
        }
    }

    // a + bi times cos − i·sin: a' = a·cos + b·sin, b' = b·cos − a·sin. The signs lie in the table.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Neighbours(Span<float> key)
    {
        ref float first = ref MemoryMarshal.GetReference(key);
        ref float cos = ref MemoryMarshal.GetArrayDataReference(_cos);
        ref float sin = ref MemoryMarshal.GetArrayDataReference(_sin);
        int i = 0;
        for (; i <= key.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            Vector512<float> values = Vector512.LoadUnsafe(ref first, (nuint)i);
            Vector512<float> partners = Vector512.Shuffle(values, Vector512.Create(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
            Vector512<float> turned = Vector512.FusedMultiplyAdd(values, Vector512.LoadUnsafe(ref cos, (nuint)i), partners * Vector512.LoadUnsafe(ref sin, (nuint)i));
            turned.StoreUnsafe(ref first, (nuint)i);
        }

        for (; i < key.Length; i += 2)
        {
            (key[i], key[i + 1]) = ((key[i] * _cos[i]) + (key[i + 1] * _sin[i]), (key[i + 1] * _cos[i + 1]) + (key[i] * _sin[i + 1]));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Halves(Span<float> key)
    {
        int half = key.Length / 2;
        ref float lows = ref MemoryMarshal.GetReference(key);
        ref float highs = ref Unsafe.Add(ref lows, half);
        ref float cosines = ref MemoryMarshal.GetArrayDataReference(_cos);
        ref float sines = ref MemoryMarshal.GetArrayDataReference(_sin);
        int i = 0;
        for (; i <= half - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            Vector512<float> cos = Vector512.LoadUnsafe(ref cosines, (nuint)i);
            Vector512<float> sin = Vector512.LoadUnsafe(ref sines, (nuint)i);
            Vector512<float> low = Vector512.LoadUnsafe(ref lows, (nuint)i);
            Vector512<float> high = Vector512.LoadUnsafe(ref highs, (nuint)i);
            Vector512.FusedMultiplyAdd(low, cos, high * sin).StoreUnsafe(ref lows, (nuint)i);
            Vector512.FusedMultiplyAdd(-low, sin, high * cos).StoreUnsafe(ref highs, (nuint)i);
        }

        for (; i < half; i++)
        {
            (key[i], key[half + i]) = ((key[i] * _cos[i]) + (key[half + i] * _sin[i]), (key[half + i] * _cos[i]) - (key[i] * _sin[i]));
        }
    }

    /// <summary>The cosines and sines of the first multiples of a position.</summary>
    private float[] Tabulate(int step, int count)
    {
        int length = _cos.Length;
        float[] table = new float[2 * length * count];
        for (int i = 0; i < count; i++)
        {
            Seek(i * step);
            _cos.CopyTo(table, 2 * length * i);
            _sin.CopyTo(table, (2 * length * i) + length);
        }

        return table;
    }

    private static int RoundUp(int count, int step) => (count + step - 1) / step * step;

    [MethodImpl(Hot.Loop)]
    private void Spread()
    {
        for (int i = 0; i < _angleCos.Length; i += Vector512<double>.Count)
        {
            Vector256<float> cos = Vector256.Narrow(Vector256.Create(_angleCos, i), Vector256.Create(_angleCos, i + Vector256<double>.Count));
            Vector256<float> sin = Vector256.Narrow(Vector256.Create(_angleSin, i), Vector256.Create(_angleSin, i + Vector256<double>.Count));
            if (_rotary.Interleaved)
            {
                Vector512<float> signs = Vector512.Create(1f, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1);
                Twice(cos).CopyTo(_cos, 2 * i);
                (Twice(sin) * signs).CopyTo(_sin, 2 * i);
            }
            else
            {
                cos.CopyTo(_cos, i);
                sin.CopyTo(_sin, i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Twice(Vector256<float> values) =>
        Vector512.Shuffle(values.ToVector512Unsafe(), Vector512.Create(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7));
}
