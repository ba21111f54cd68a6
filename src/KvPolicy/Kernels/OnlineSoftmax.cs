using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>The denominators of softmaxes whose logits come block by block (arXiv 1805.02867), for strips of eight queries.</summary>
/// <remarks>
/// Exponentials that are 1, the maximum's, are counted and only the others are summed up. So <c>1 − p</c>, which is the others' share for
/// a token that takes nearly all attention, keeps its precision in floats. Used by one thread at a time.
/// </remarks>
internal sealed unsafe class OnlineSoftmax : IDisposable
{
    private const int StateLength = 3 * RowStrips.Width;

    // Per strip: the maxima, how many exponentials are 1, and the sums of the others.
    private readonly float[] _states;

    public OnlineSoftmax(int strips)
    {
        _states = ArrayPool<float>.Shared.Rent(strips * StateLength);
        for (int strip = 0; strip < strips; strip++)
        {
            // Not negative infinity: where all logits are, differences from it would be NaN.
            Vector256.Create(float.MinValue).CopyTo(_states, strip * StateLength);
            _states.AsSpan((strip * StateLength) + RowStrips.Width, 2 * RowStrips.Width).Clear();
        }
    }

    /// <summary>The largest logits; <see cref="float.MinValue"/> where all were negative infinity.</summary>
    public Vector256<float> Maxima(int strip) => Vector256.Create(_states, strip * StateLength);

    /// <summary>How many exponentials relative to the largest logit are 1.</summary>
    public Vector256<float> Counts(int strip) => Vector256.Create(_states, (strip * StateLength) + RowStrips.Width);

    /// <summary>The sums of the other exponentials, relative to the largest.</summary>
    public Vector256<float> Others(int strip) => Vector256.Create(_states, (strip * StateLength) + (2 * RowStrips.Width));

    /// <summary>What exponentials are multiplied with to become probabilities; 0 where all logits were negative infinity.</summary>
    public Vector256<float> Inverses(int strip)
    {
        Vector256<float> sums = Counts(strip) + Others(strip);
        return Vector256.AndNot(Vector256<float>.One / sums, Vector256.Equals(sums, Vector256<float>.Zero));
    }

    /// <summary>Adds logits.</summary>
    /// <param name="strip">Whose they are.</param>
    /// <param name="logits"><c>[count][8]</c>; replaced by their exponentials relative to the new maxima.</param>
    /// <param name="count">The number of tokens.</param>
    /// <returns>What exponentials of earlier logits are to be multiplied with: 1 where the maximum has not changed.</returns>
    [MethodImpl(Hot.Loop)]
    public Vector256<float> Add(int strip, float* logits, int count)
    {
        Vector256<float> before = Maxima(strip);
        Vector256<float> maxima = before;
        for (int token = 0; token < count; token++)
        {
            maxima = Vector256.Max(maxima, Vector256.Load(logits + (token * RowStrips.Width)));
        }

        Vector256<float> counts = Vector256<float>.Zero;
        Vector256<float> others = Vector256<float>.Zero;
        for (int token = 0; token < count; token++)
        {
            float* logit = logits + (token * RowStrips.Width);
            Vector256<float> exponential = Exponentials(Vector256.Load(logit) - maxima);
            Vector256<float> top = Vector256.Equals(exponential, Vector256<float>.One);
            counts += top & Vector256<float>.One;
            others += Vector256.AndNot(exponential, top);
            exponential.Store(logit);
        }

        // Where a larger logit has come, those that were largest join the others.
        Vector256<float> factors = Exponentials(before - maxima);
        Vector256<float> same = Vector256.Equals(before, maxima);
        others += (Others(strip) + Vector256.AndNot(Counts(strip), same)) * factors;
        counts += Counts(strip) & same;
        maxima.CopyTo(_states, strip * StateLength);
        counts.CopyTo(_states, (strip * StateLength) + RowStrips.Width);
        others.CopyTo(_states, (strip * StateLength) + (2 * RowStrips.Width));
        return factors;
    }

    /// <summary>Turns logits into exponentials relative to the final maxima.</summary>
    /// <param name="strip">Whose they are.</param>
    /// <param name="logits"><c>[count][8]</c>.</param>
    /// <param name="count">The number of tokens.</param>
    [MethodImpl(Hot.Loop)]
    public void Exponentiate(int strip, float* logits, int count)
    {
        Vector256<float> maxima = Maxima(strip);
        for (int token = 0; token < count; token++)
        {
            float* logit = logits + (token * RowStrips.Width);
            Exponentials(Vector256.Load(logit) - maxima).Store(logit);
        }
    }

    public void Dispose() => ArrayPool<float>.Shared.Return(_states);

    // The vectors' exponential of zero is a little above 1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Exponentials(Vector256<float> differences) =>
        Vector256.Min(Vector256.Exp(differences), Vector256<float>.One);
}
