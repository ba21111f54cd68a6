using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Logits of queries over cached keys: a block of tokens and a strip of eight queries of one head at a time.</summary>
/// <remarks>
/// Logits are never all in memory: 32 query heads with a window of 64 would take 8 KiB per token, four times what the keys
/// themselves take. Whoever needs a softmax goes over the keys twice instead, once for its denominators. A tile of logits stays
/// in the first-level cache, and its eight queries are the lanes of a vector: maxima and sums need no shuffles. Used by one
/// thread at a time.
/// </remarks>
internal sealed unsafe class WindowLogits : IDisposable
{
    /// <summary>The number of logits in one tile: <c>[tokens of a block][queries of a strip]</c>.</summary>
    public const int TileLength = RowBlock.Capacity * RowStrips.Width;

    private static readonly Vector256<int> Lanes = Vector256.Create(0, 1, 2, 3, 4, 5, 6, 7);

    private readonly KvTensor _keys;
    private readonly RowBlock _block;
    private readonly RowStrips _queries;
    private readonly float[] _biases;
    private readonly ulong[] _excluded;
    private readonly int _group;
    private int _firstToken;

    /// <summary>Packs the queries.</summary>
    /// <param name="keys">The cached keys.</param>
    /// <param name="queries">The queries: the last one is the last cached token's, and none sees later tokens. One that is not finite attends to nothing.</param>
    /// <param name="rows">How many of the last queries of each head are used.</param>
    /// <exception cref="InvalidOperationException">There are no queries.</exception>
    public WindowLogits(in KvTensor keys, in KvQueries queries, int rows)
    {
        if (queries.Heads == 0 || rows < 1)
        {
            throw new InvalidOperationException("The layer comes without queries: observe them while the prompt is decoded.");
        }

        _keys = keys;
        _group = queries.Heads / keys.Heads;
        Rows = rows;
        QueryHeads = queries.Heads;
        _block = new RowBlock(keys.Heads, keys.HeadDimension);
        _queries = new RowStrips(queries.Heads, rows, keys.HeadDimension);
        _excluded = new ulong[keys.Heads];
        _biases = ArrayPool<float>.Shared.Rent(queries.Heads * _queries.Strips * RowStrips.Width);
        Pack(queries);
    }

    /// <summary>The number of query heads.</summary>
    public int QueryHeads { get; }

    /// <summary>The number of queries of each head.</summary>
    public int Rows { get; }

    /// <summary>The number of strips of each query head.</summary>
    public int Strips => _queries.Strips;

    /// <summary>The number of tokens in the block.</summary>
    public int Count => _block.Count;

    /// <summary>Which KV head a query head reads.</summary>
    public int HeadOf(int queryHead) => queryHead / _group;

    /// <summary>Goes to a block of tokens. Those whose keys are not finite are excluded.</summary>
    public void Read(int firstToken) => Read(firstToken, _keys.Tokens);

    /// <summary>Goes to a block of tokens, none of which lies at <paramref name="end"/> or behind it.</summary>
    public void Read(int firstToken, int end)
    {
        _firstToken = firstToken;
        _block.Read(_keys.Slice(new TokenRange(0, end)), firstToken);
        Array.Clear(_excluded);
        ExcludeNonFinite(_block);
    }

    /// <summary>Excludes the tokens whose rows are not finite: nothing attends to them. The rows become zeros.</summary>
    /// <param name="rows">The same tokens' keys or values.</param>
    [MethodImpl(Hot.Loop)]
    public void ExcludeNonFinite(RowBlock rows)
    {
        for (int head = 0; head < _excluded.Length; head++)
        {
            for (int row = 0; row < Count; row++)
            {
                Span<float> values = rows.Row(head, row);
                if (!float.IsFinite(TensorPrimitives.SumOfSquares<float>(values)))
                {
                    values.Clear();
                    _excluded[head] |= 1UL << row;
                }
            }
        }
    }

    /// <summary>Whether nothing attends to a token of the block.</summary>
    public bool IsExcluded(int head, int row) => (_excluded[head] >> row & 1) != 0;

    /// <summary>Computes a tile.</summary>
    /// <param name="queryHead">The query head.</param>
    /// <param name="strip">The strip of its queries.</param>
    /// <param name="logits">
    /// Receives <c>[tokens][8]</c>, scaled; negative infinity where a query does not see a token, and for the padding's queries.
    /// What lies behind <see cref="Count"/> tokens is undefined.
    /// </param>
    [MethodImpl(Hot.Loop)]
    public void Compute(int queryHead, int strip, float* logits)
    {
        int head = HeadOf(queryHead);
        fixed (float* keys = &_block.Values[_block.Offset(head, 0)])
        fixed (float* queries = &_queries.Values[_queries.Offset(queryHead, strip)])
        {
            for (int row = 0; row < Count; row += Tile.Size)
            {
                float* tile = logits + (row * RowStrips.Width);
                Tile.Multiply(keys + (row * _block.Stride), _block.Stride, 1, queries, RowStrips.Width, _keys.HeadDimension, tile);
            }
        }

        Vector256<float> biases = Vector256.Create(_biases, ((queryHead * Strips) + strip) * RowStrips.Width);
        for (int row = 0; row < Count; row++)
        {
            (Vector256.Load(logits + (row * RowStrips.Width)) + biases).Store(logits + (row * RowStrips.Width));
        }

        Mask(head, strip, logits);
    }

    public void Dispose()
    {
        _block.Dispose();
        _queries.Dispose();
        ArrayPool<float>.Shared.Return(_biases);
    }

    [MethodImpl(Hot.Loop)]
    private void Mask(int head, int strip, float* logits)
    {
        // Query i is the token's at firstQuery + i.
        int firstQuery = _keys.Tokens - Rows;
        Vector256<int> queries = Lanes + Vector256.Create(strip * RowStrips.Width);
        for (int row = Math.Max(0, firstQuery - _firstToken); row < Count; row++)
        {
            Vector256<float> visible = Vector256.GreaterThanOrEqual(queries, Vector256.Create(_firstToken + row - firstQuery)).AsSingle();
            float* logit = logits + (row * RowStrips.Width);
            Vector256.ConditionalSelect(visible, Vector256.Load(logit), Vector256.Create(float.NegativeInfinity)).Store(logit);
        }

        for (ulong rest = _excluded[head]; rest != 0; rest &= rest - 1)
        {
            Vector256.Create(float.NegativeInfinity).Store(logits + (BitOperations.TrailingZeroCount(rest) * RowStrips.Width));
        }
    }

    private void Pack(in KvQueries queries)
    {
        int dimension = queries.HeadDimension;
        float scale = queries.Scale == 0 ? 1 / MathF.Sqrt(dimension) : queries.Scale;
        float[] buffer = ArrayPool<float>.Shared.Rent(dimension);
        Span<float> scaled = buffer.AsSpan(0, dimension);
        _biases.AsSpan().Fill(float.NegativeInfinity);
        for (int head = 0; head < queries.Heads; head++)
        {
            ReadOnlySpan<float> window = queries.Head(head)[^(Rows * dimension)..];
            for (int row = 0; row < Rows; row++)
            {
                TensorPrimitives.Multiply(window.Slice(row * dimension, dimension), scale, scaled);
                if (float.IsFinite(TensorPrimitives.SumOfSquares<float>(scaled)))
                {
                    _queries.Write(head, row, scaled);
                    _biases[(head * Strips * RowStrips.Width) + row] = 0;
                }
            }
        }

        ArrayPool<float>.Shared.Return(buffer);
    }
}
