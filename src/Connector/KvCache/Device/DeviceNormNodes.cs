using CurKv.Connector.Engine;
using CurKv.KvPolicy;

namespace CurKv.Connector.KvCache;

/// <summary>Adds the nodes to a graph that measure one layer's keys or values.</summary>
internal unsafe ref struct DeviceNormNodes
{
    // A product sums the elements of so many heads at once: one for each head would keep a GPU waiting for its own scheduler.
    private const int HeadsAtOnce = 8;

    private readonly GgmlGraph _graph;
    private readonly DeviceRows _rows;
    private readonly KvTensor _shape;
    private readonly KvLayerTensors _layer;
    private readonly int _chunk;

    // Inputs exist only where a node uses them: ggml gives others no memory.
    private GgmlTensor* _cells;
    private GgmlTensor* _positions;
    private GgmlTensor* _hadamard;
    private GgmlTensor* _headOnes;
    private GgmlTensor* _tokenOnes;

    /// <param name="graph">The graph, just started.</param>
    /// <param name="rows">What reads the rows.</param>
    /// <param name="shape">The rows' shape.</param>
    /// <param name="layer">How keys are rotated.</param>
    /// <param name="chunk">How many tokens are measured at once.</param>
    public DeviceNormNodes(GgmlGraph graph, DeviceRows rows, KvTensor shape, KvLayerTensors layer, int chunk)
    {
        _graph = graph;
        _rows = rows;
        _shape = shape;
        _layer = layer;
        _chunk = chunk;
        _cells = rows.WantsCells ? graph.Tensor(GgmlGaps.Int32, shape.Tokens, 1) : null;
    }

    private readonly nint Context => _graph.Context;

    /// <summary>Squared norms of the rows as they lie.</summary>
    /// <returns>f32 <c>[tokens, heads]</c>.</returns>
    public GgmlTensor* Squares()
    {
        GgmlTensor* result = Result();
        for (int first = 0; first < _shape.Tokens; first += _chunk)
        {
            int count = Math.Min(_chunk, _shape.Tokens - first);
            Sum(_rows.Read(first, count, _cells), first, count, result);
        }

        return result;
    }

    /// <summary>Squared distances of the rows from their heads' means, with all rotations undone.</summary>
    /// <param name="skip">How many first tokens the means leave out.</param>
    /// <returns>f32 <c>[tokens, heads]</c>.</returns>
    public GgmlTensor* Distances(int skip)
    {
        GgmlTensor* result = Result();
        PrepareRotations();

        // Where one chunk is all, its rows need not be turned again.
        GgmlTensor* all = _chunk >= _shape.Tokens ? Turned(0, _shape.Tokens) : null;
        GgmlTensor* mean = Mean(skip, all);
        for (int first = 0; first < _shape.Tokens; first += _chunk)
        {
            int count = Math.Min(_chunk, _shape.Tokens - first);
            Sum(_graph.Add(GgmlGaps.ggml_sub(Context, all == null ? Turned(first, count) : all, mean)), first, count, result);
        }

        return result;
    }

    /// <summary>Fills what the nodes read beside the rows, once the graph has its memory.</summary>
    /// <param name="cells">The numbers from 0 on, one for each token.</param>
    public readonly void Fill(ReadOnlySpan<int> cells)
    {
        GgmlGraph.Set<float>(_headOnes, OnesByHead());
        if (_tokenOnes != null)
        {
            float[] ones = new float[_chunk];
            ones.AsSpan().Fill(1);
            GgmlGraph.Set<float>(_tokenOnes, ones);
        }

        if (_cells != null)
        {
            GgmlGraph.Set(_cells, cells);
        }

        if (_positions != null)
        {
            GgmlGraph.Set<int>(_positions, PositionsByToken());
        }

        if (_hadamard != null)
        {
            GgmlGraph.Set<float>(_hadamard, Matrix(_layer.KeyRotation!));
        }
    }

    private GgmlTensor* Result()
    {
        int heads = Math.Min(HeadsAtOnce, _shape.Heads);
        _headOnes = _graph.Tensor(GgmlGaps.Float32, heads * _shape.HeadDimension, heads);
        return _graph.Tensor(GgmlGaps.Float32, _shape.Tokens, _shape.Heads);
    }

    private void PrepareRotations()
    {
        _tokenOnes = _graph.Tensor(GgmlGaps.Float32, 1, _chunk);
        if (_layer.Rotary is null)
        {
            return;
        }

        if (_layer.Positions is not null)
        {
            _positions = _graph.Tensor(GgmlGaps.Int32, (long)_shape.Tokens * _shape.Heads, 1);
        }
        else if (_cells == null)
        {
            _cells = _graph.Tensor(GgmlGaps.Int32, _shape.Tokens, 1);
        }

        if (_layer.KeyRotation is { } rotation)
        {
            _hadamard = _graph.Tensor(GgmlGaps.Float32, rotation.Size, rotation.Size);
        }
    }

    /// <summary>Every head's mean row, f32 <c>[dimension, heads]</c>.</summary>
    private readonly GgmlTensor* Mean(int skip, GgmlTensor* all)
    {
        long elements = (long)_shape.HeadDimension * _shape.Heads;
        GgmlTensor* sum = null;
        for (int first = skip; first < _shape.Tokens; first += _chunk)
        {
            // Ones are exact in any precision, a mean's weights are not.
            int count = Math.Min(_chunk, _shape.Tokens - first);
            GgmlTensor* rows = all == null
                ? GgmlGaps.ggml_reshape_2d(Context, Turned(first, count), elements, count)
                : GgmlGaps.ggml_view_2d(Context, all, elements, count, (nuint)elements * sizeof(float), (nuint)(first * elements) * sizeof(float));
            GgmlTensor* ones = GgmlGaps.ggml_view_2d(Context, _tokenOnes, 1, count, sizeof(float), 0);
            GgmlTensor* part = _graph.Add(GgmlGaps.ggml_out_prod(Context, rows, ones));
            sum = sum == null ? part : _graph.Add(GgmlGaps.ggml_add(Context, sum, part));
        }

        GgmlTensor* mean = _graph.Add(GgmlGaps.ggml_scale(Context, sum, 1f / (_shape.Tokens - skip)));
        return GgmlGaps.ggml_reshape_2d(Context, mean, _shape.HeadDimension, _shape.Heads);
    }

    /// <summary>Rows as floats, turned back to position 0 where that is known to be possible.</summary>
    private readonly GgmlTensor* Turned(int first, int count)
    {
        GgmlTensor* rows = _rows.Read(first, count, _cells);
        if (_layer.Rotary is not { } rotary)
        {
            return rows;
        }

        if (_hadamard != null)
        {
            long runs = (long)_shape.HeadDimension / _hadamard->Extent[0] * _shape.Heads * count;
            GgmlTensor* plain = GgmlGaps.ggml_mul_mat(Context, _hadamard, GgmlGaps.ggml_reshape_2d(Context, rows, _hadamard->Extent[0], runs));
            GgmlGaps.ggml_mul_mat_set_prec(plain, GgmlGaps.Float32Precision);
            rows = _graph.Add(plain);
        }

        // After a compression every head has positions of its own: then each row counts as a token with one head.
        int heads = _positions == null ? _shape.Heads : 1;
        int tokens = count * (_shape.Heads / heads);
        int skipped = first * (_shape.Heads / heads);
        GgmlTensor* positions = GgmlGaps.ggml_view_1d(Context, _positions == null ? _cells : _positions, tokens, (nuint)skipped * sizeof(int));
        rows = GgmlGaps.ggml_reshape_3d(Context, rows, _shape.HeadDimension, heads, tokens);
        rows = _graph.Add(GgmlGaps.ggml_rope_ext_back(
            Context, rows, positions, null, rotary.Dimensions, rotary.Interleaved ? 0 : GgmlGaps.NeoxRope, 0, (float)rotary.Base, 1, 0, 1, 32, 1));
        return GgmlGaps.ggml_reshape_3d(Context, rows, _shape.HeadDimension, _shape.Heads, count);
    }

    /// <summary>Squares rows, sums each head's elements, and puts the sums where they belong in the result.</summary>
    private readonly void Sum(GgmlTensor* rows, int first, int count, GgmlTensor* result)
    {
        nuint row = (nuint)(_shape.Heads * _shape.HeadDimension * sizeof(float));
        GgmlTensor* squares = _graph.Add(GgmlGaps.ggml_sqr(Context, rows));
        for (int head = 0; head < _shape.Heads; head += HeadsAtOnce)
        {
            int heads = Math.Min(HeadsAtOnce, _shape.Heads - head);
            int elements = heads * _shape.HeadDimension;
            nuint start = (nuint)(head * _shape.HeadDimension * sizeof(float));
            GgmlTensor* part = GgmlGaps.ggml_view_2d(Context, squares, elements, count, row, start);
            GgmlTensor* ones = GgmlGaps.ggml_view_2d(Context, _headOnes, elements, heads, (nuint)_headOnes->Stride[1], 0);
            GgmlTensor* sums = GgmlGaps.ggml_mul_mat(Context, part, ones);
            GgmlGaps.ggml_mul_mat_set_prec(sums, GgmlGaps.Float32Precision);
            GgmlTensor* target = GgmlGaps.ggml_view_2d(
                Context, result, count, heads, (nuint)_shape.Tokens * sizeof(float), (((nuint)head * (nuint)_shape.Tokens) + (nuint)first) * sizeof(float));
            _graph.Add(GgmlGaps.ggml_cpy(Context, _graph.Add(sums), target));
        }
    }

    // Column by column: ones where a head's elements are.
    private readonly float[] OnesByHead()
    {
        int heads = Math.Min(HeadsAtOnce, _shape.Heads);
        int elements = heads * _shape.HeadDimension;
        float[] ones = new float[elements * heads];
        for (int head = 0; head < heads; head++)
        {
            ones.AsSpan((head * elements) + (head * _shape.HeadDimension), _shape.HeadDimension).Fill(1);
        }

        return ones;
    }

    private readonly int[] PositionsByToken()
    {
        KvPositions positions = _layer.Positions!;
        var byToken = new int[_shape.Tokens * _shape.Heads];
        for (int i = 0; i < byToken.Length; i++)
        {
            byToken[i] = positions[i % _shape.Heads, i / _shape.Heads];
        }

        return byToken;
    }

    // Its own inverse, and symmetric: rows are columns.
    private static float[] Matrix(HadamardRotation rotation)
    {
        var matrix = new float[rotation.Size * rotation.Size];
        for (int row = 0; row < rotation.Size; row++)
        {
            matrix[(row * rotation.Size) + row] = 1;
            rotation.Apply(matrix.AsSpan(row * rotation.Size, rotation.Size));
        }

        return matrix;
    }
}
