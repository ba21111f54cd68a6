using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Attention's outputs <c>Σ p·v</c> for strips of eight queries, block by block.</summary>
/// <remarks>Floats within a block, doubles from block to block. Used by one thread at a time.</remarks>
internal sealed unsafe class AttentionOutputs : IDisposable
{
    private readonly int _stride;
    private readonly double[] _sums;

    public AttentionOutputs(int strips, int dimension)
    {
        Dimension = dimension;
        _stride = Tile.RoundUp(dimension);
        int length = checked(strips * RowStrips.Width * _stride);
        _sums = ArrayPool<double>.Shared.Rent(length);
        _sums.AsSpan(0, length).Clear();
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
        float* factors = stackalloc float[RowStrips.Width];
        float* products = stackalloc float[Tile.Size * Tile.Size];
        Softmax.Add(strip, logits, count).Store(factors);
        fixed (double* sums = &_sums[Offset(strip, 0)])
        {
            for (int channel = 0; channel < _stride; channel += Tile.Size)
            {
                Tile.Multiply(logits, 1, RowStrips.Width, values + channel, stride, count, products);
                for (int lane = 0; lane < RowStrips.Width; lane++)
                {
                    Add(products + (lane * Tile.Size), factors[lane], sums + (lane * _stride) + channel);
                }
            }
        }
    }

    /// <summary>Reads one query's output; zeros where it sees no token.</summary>
    public void Read(int strip, int lane, Span<float> output)
    {
        double inverse = Softmax.Inverses(strip)[lane];
        ReadOnlySpan<double> sums = _sums.AsSpan(Offset(strip, lane), Dimension);
        for (int i = 0; i < sums.Length; i++)
        {
            output[i] = (float)(sums[i] * inverse);
        }
    }

    public void Dispose()
    {
        Softmax.Dispose();
        ArrayPool<double>.Shared.Return(_sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* products, double factor, double* sums)
    {
        (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(Vector256.Load(products));
        double* second = sums + Vector256<double>.Count;
        ((Vector256.Load(sums) * factor) + lower).Store(sums);
        ((Vector256.Load(second) * factor) + upper).Store(second);
    }

    private int Offset(int strip, int lane) => ((strip * RowStrips.Width) + lane) * _stride;
}
