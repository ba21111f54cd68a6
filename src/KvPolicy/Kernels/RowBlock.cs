using System.Buffers;
using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Some tokens of every head as floats, one head after the other, padded with zeros to whole tiles.</summary>
/// <remarks>
/// All heads at once, because a token's heads lie side by side: taking one head after the other would read memory in small
/// pieces and wait for each. Used by one thread at a time; the buffer goes back to the pool when the block is disposed of.
/// </remarks>
internal sealed class RowBlock : IDisposable
{
    /// <summary>The number of tokens; at a head dimension of 128 one head of them fills the first-level cache.</summary>
    public const int Capacity = 64;

    private readonly int _heads;
    private readonly int _headDimension;

    public RowBlock(int heads, int headDimension)
    {
        _heads = heads;
        _headDimension = headDimension;
        Stride = Tile.RoundUp(headDimension);
        Values = ArrayPool<float>.Shared.Rent(heads * Capacity * Stride);
        Values.AsSpan(0, heads * Capacity * Stride).Clear();
    }

    /// <summary>Elements from one row to the next.</summary>
    public int Stride { get; }

    public float[] Values { get; }

    /// <summary>The number of tokens held; the rows after them are zero.</summary>
    public int Count { get; private set; }

    /// <summary>Where a row starts in <see cref="Values"/>.</summary>
    public int Offset(int head, int row) => ((head * Capacity) + row) * Stride;

    public Span<float> Row(int head, int row) => Values.AsSpan(Offset(head, row), _headDimension);

    /// <summary>Fills the block.</summary>
    public void Read(in KvTensor tensor, int firstToken)
    {
        Count = Math.Min(Capacity, tensor.Tokens - firstToken);
        RowReader.Read(tensor, firstToken, this);
        for (int head = 0; head < _heads; head++)
        {
            Values.AsSpan(Offset(head, Count), (Capacity - Count) * Stride).Clear();
        }
    }

    public void Dispose() => ArrayPool<float>.Shared.Return(Values);
}
