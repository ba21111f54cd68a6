using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Attention's outputs <c>Σ p·v</c> for strips of eight queries, block by block.</summary>
/// <remarks>
/// Floats within a block, doubles from block to block. Values whose exponential is 1 are summed up apart: so the difference
/// between an output and the value that makes up nearly all of it keeps its precision. Used by one thread at a time.
/// </remarks>
internal sealed unsafe class AttentionOutputs : IDisposable
{
    private readonly int _stride;
    private readonly double[] _others;
    private readonly double[] _tops;

    public AttentionOutputs(int strips, int dimension)
    {
        Dimension = dimension;
        _stride = Tile.RoundUp(dimension);
        int length = checked(strips * RowStrips.Width * _stride);
        _others = ArrayPool<double>.Shared.Rent(length);
        _tops = ArrayPool<double>.Shared.Rent(length);
        _others.AsSpan(0, length).Clear();
        _tops.AsSpan(0, length).Clear();
        Softmax = new OnlineSoftmax(strips);
    }

    /// <summary>The number of elements in one output.</summary>
    public int Dimension { get; }

    /// <summary>The denominators so far.</summary>
    public OnlineSoftmax Softmax { get; }

    /// <summary>Adds tokens.</summary>
    /// <param name="strip">Whose logits they are.</param>
    /// <param name="logits"><c>[count][8]</c>; overwritten.</param>
    /// <param name="count">The number of tokens.</param>
    /// <param name="values">The tokens' values.</param>
    /// <param name="stride">Elements from one value to the next, padded with zeros to whole tiles.</param>
    [MethodImpl(Hot.Loop)]
    public void Add(int strip, float* logits, int count, float* values, int stride)
    {
        Rescale(strip, Softmax.Add(strip, logits, count));
        SetTopsApart(strip, logits, count, values, stride);
        float* products = stackalloc float[Tile.Size * Tile.Size];
        fixed (double* sums = &_others[Offset(strip, 0)])
        {
            for (int channel = 0; channel < _stride; channel += Tile.Size)
            {
                Tile.Multiply(logits, 1, RowStrips.Width, values + channel, stride, count, products);
                for (int lane = 0; lane < RowStrips.Width; lane++)
                {
                    Add(products + (lane * Tile.Size), sums + (lane * _stride) + channel);
                }
            }
        }
    }

    /// <summary>Reads one query's output; zeros where it sees no token.</summary>
    [MethodImpl(Hot.Loop)]
    public void Read(int strip, int lane, Span<float> output)
    {
        double inverse = Softmax.Inverses(strip)[lane];
        ReadOnlySpan<double> others = _others.AsSpan(Offset(strip, lane), Dimension);
        ReadOnlySpan<double> tops = _tops.AsSpan(Offset(strip, lane), Dimension);
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = (float)((others[i] + tops[i]) * inverse);
        }
    }

    /// <summary>The squared distance of a query's output from the one value whose exponential is 1.</summary>
    [MethodImpl(Hot.Loop)]
    public float SquaredDistanceFromTop(int strip, int lane)
    {
        // (v + Σ e·u)/(1 + Σ e) − v = Σ e·(u − v)/(1 + Σ e): nothing large cancels.
        double weight = Softmax.Others(strip)[lane];
        ReadOnlySpan<double> others = _others.AsSpan(Offset(strip, lane), Dimension);
        ReadOnlySpan<double> top = _tops.AsSpan(Offset(strip, lane), Dimension);
        double square = 0;
        for (int i = 0; i < others.Length; i++)
        {
            double difference = (others[i] - (weight * top[i])) / (1 + weight);
            square += difference * difference;
        }

        return (float)square;
    }

    public void Dispose()
    {
        Softmax.Dispose();
        ArrayPool<double>.Shared.Return(_others);
        ArrayPool<double>.Shared.Return(_tops);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* products, double* sums)
    {
        (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(Vector256.Load(products));
        double* second = sums + Vector256<double>.Count;
        (Vector256.Load(sums) + lower).Store(sums);
        (Vector256.Load(second) + upper).Store(second);
    }

    /// <summary>Where a larger logit has come, those that were largest join the others.</summary>
    [MethodImpl(Hot.Loop)]
    private void Rescale(int strip, Vector256<float> factors)
    {
        if (factors == Vector256<float>.One)
        {
            return;
        }

        for (int lane = 0; lane < RowStrips.Width; lane++)
        {
            if (factors[lane] != 1)
            {
                Span<double> others = _others.AsSpan(Offset(strip, lane), _stride);
                Span<double> tops = _tops.AsSpan(Offset(strip, lane), _stride);
                TensorPrimitives.Add(others, tops, others);
                TensorPrimitives.Multiply(others, factors[lane], others);
                tops.Clear();
            }
        }
    }

    [MethodImpl(Hot.Loop)]
    private void SetTopsApart(int strip, float* exponentials, int count, float* values, int stride)
    {
        for (int token = 0; token < count; token++)
        {
            Vector256<float> all = Vector256.Load(exponentials + (token * RowStrips.Width));
            Vector256<float> top = Vector256.Equals(all, Vector256<float>.One);
            for (uint lanes = top.ExtractMostSignificantBits(); lanes != 0; lanes &= lanes - 1)
            {
                Vector256.AndNot(all, top).Store(exponentials + (token * RowStrips.Width));
                Span<double> tops = _tops.AsSpan(Offset(strip, BitOperations.TrailingZeroCount(lanes)), _stride);
                for (int i = 0; i < tops.Length; i++)
                {
                    tops[i] += values[(token * stride) + i];
                }
            }
        }
    }

    private int Offset(int strip, int lane) => ((strip * RowStrips.Width) + lane) * _stride;
}
