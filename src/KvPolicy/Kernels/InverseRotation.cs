using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Undoes RoPE, token after token. Used by one thread at a time.</summary>
internal sealed class InverseRotation
{
    private readonly RotaryEmbedding _rotary;
    private readonly double[] _frequencies;
    private readonly (double Cos, double Sin)[] _steps;
    private readonly (double Cos, double Sin)[] _angles;
    private readonly float[] _cos;
    private readonly float[] _sin;

    public InverseRotation(RotaryEmbedding rotary)
    {
        int pairs = rotary.Dimensions / 2;
        _rotary = rotary;
        _frequencies = new double[pairs];
        _steps = new (double, double)[pairs];
        _angles = new (double, double)[pairs];
        _cos = new float[rotary.Dimensions];
        _sin = new float[rotary.Dimensions];
        for (int i = 0; i < pairs; i++)
        {
            _frequencies[i] = Math.Pow(rotary.Base, -2.0 * i / rotary.Dimensions);
            _steps[i] = (Math.Cos(_frequencies[i]), Math.Sin(_frequencies[i]));
        }
    }

    /// <summary>Goes to a token, exactly.</summary>
    public void Seek(int token)
    {
        for (int i = 0; i < _angles.Length; i++)
        {
            (double sin, double cos) = Math.SinCos(token * _frequencies[i]);
            _angles[i] = (cos, sin);
        }

        Spread();
    }

    /// <summary>Goes to the next token by the sum of angles: sines of every token would cost more than all the rest.</summary>
    [MethodImpl(Hot.Loop)]
    public void Next()
    {
        for (int i = 0; i < _angles.Length; i++)
        {
            (double cos, double sin) = _angles[i];
            (double stepCos, double stepSin) = _steps[i];
            _angles[i] = ((cos * stepCos) - (sin * stepSin), (sin * stepCos) + (cos * stepSin));
        }

        Spread();
    }

    /// <summary>Turns a key of the token back to position 0.</summary>
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
    private void Neighbours(Span<float> key)
    {
        int i = 0;
        for (; i <= key.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256<float> values = Vector256.Create<float>(key[i..]);
            Vector256<float> partners = Vector256.Shuffle(values, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6));
            ((values * Vector256.Create<float>(_cos.AsSpan(i))) + (partners * Vector256.Create<float>(_sin.AsSpan(i)))).CopyTo(key[i..]);
        }

        for (; i < key.Length; i += 2)
        {
            (key[i], key[i + 1]) = ((key[i] * _cos[i]) + (key[i + 1] * _sin[i]), (key[i + 1] * _cos[i + 1]) + (key[i] * _sin[i + 1]));
        }
    }

    private void Halves(Span<float> key)
    {
        int half = key.Length / 2;
        int i = 0;
        for (; i <= half - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256<float> cos = Vector256.Create<float>(_cos.AsSpan(i));
            Vector256<float> sin = Vector256.Create<float>(_sin.AsSpan(i));
            Vector256<float> low = Vector256.Create<float>(key[i..]);
            Vector256<float> high = Vector256.Create<float>(key[(half + i)..]);
            ((low * cos) + (high * sin)).CopyTo(key[i..]);
            ((high * cos) - (low * sin)).CopyTo(key[(half + i)..]);
        }

        for (; i < half; i++)
        {
            (key[i], key[half + i]) = ((key[i] * _cos[i]) + (key[half + i] * _sin[i]), (key[half + i] * _cos[i]) - (key[i] * _sin[i]));
        }
    }

    private void Spread()
    {
        for (int i = 0; i < _angles.Length; i++)
        {
            (float cos, float sin) = ((float)_angles[i].Cos, (float)_angles[i].Sin);
            if (_rotary.Interleaved)
            {
                (_cos[2 * i], _cos[(2 * i) + 1]) = (cos, cos);
                (_sin[2 * i], _sin[(2 * i) + 1]) = (sin, -sin);
            }
            else
            {
                (_cos[i], _sin[i]) = (cos, sin);
            }
        }
    }
}
