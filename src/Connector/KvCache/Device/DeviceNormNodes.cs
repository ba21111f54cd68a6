using CurKv.Connector.Engine.Native;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.KvCache.Device;

/// <summary>Adds the nodes that measure one layer's keys or values to a graph.</summary>
/// <remarks>
/// On a GPU, element-wise operations take three times as long as reading the elements; matrix products do not. So norms are the
/// diagonals of products of groups of rows with themselves, which is exact for half floats, and half floats are not centred element by
/// element: <c>‖k − k̄‖² = ‖k‖² − 2 k·k̄ + ‖k̄‖²</c>, with the mean as two half floats, summed as float32. Floats lose bits in such
/// products (TF32) and are centred first.
/// </remarks>
internal unsafe ref struct DeviceNormNodes
{
    /// <summary>The number of rows in a group whose products are computed at once. The remainder of a chunk is a group of its own.</summary>
    public const int Group = 64;

    private readonly GgmlGraph _graph;
    private readonly DeviceRows _rows;
    private readonly KvTensor _shape;
    private readonly KvLayerTensors _layer;
    private readonly DeviceConstants _constants;
    private readonly int _chunk;
    private readonly int _skip;

    // Inputs exist only if a node uses them: ggml allocates no memory for others.
    private GgmlTensor* _positions;
    private GgmlTensor* _hadamard;

    /// <param name="graph">The graph, just started.</param>
    /// <param name="rows">Reads the rows.</param>
    /// <param name="shape">The rows' shape.</param>
    /// <param name="layer">How keys are rotated.</param>
    /// <param name="constants">The device's constants.</param>
    /// <param name="chunk">How many tokens are measured at once.</param>
    /// <param name="skip">How many first tokens are left out of the means.</param>
    public DeviceNormNodes(GgmlGraph graph, DeviceRows rows, KvTensor shape, KvLayerTensors layer, DeviceConstants constants, int chunk, int skip)
    {
        _graph = graph;
        _rows = rows;
        _shape = shape;
        _layer = layer;
        _constants = constants;
        _chunk = chunk > Group && chunk < shape.Tokens ? chunk - (chunk % Group) : chunk;
        _skip = skip;
    }

    private readonly nint Context => _graph.Context;

    private readonly long Elements => (long)_shape.HeadDimension * _shape.Heads;

    /// <summary>Squared norms of the rows as they are stored.</summary>
    /// <returns>f32 <c>[tokens, heads]</c>.</returns>
    public readonly GgmlTensor* Squares()
    {
        GgmlTensor* result = Result();
        foreach ((int first, int count) in Pieces())
        {
            Square(_rows.Read(first, count), first, count, result);
        }

        return result;
    }

    /// <summary>Squared distances of the rows from their heads' means, with all rotations undone.</summary>
    /// <returns>f32 <c>[tokens, heads]</c>. For half floats, rounding may make a value slightly negative.</returns>
    public GgmlTensor* Distances()
    {
        GgmlTensor* result = Result();
        PrepareRotations();
        List<(int First, int Count)> pieces = Pieces();

        // If all rows fit at once, RoPE need not be undone twice.
        nint[]? turned = _chunk >= _shape.Tokens ? new nint[pieces.Count] : null;
        GgmlTensor* mean = Mean(pieces, turned);
        GgmlTensor* dots = _rows.AsHalves ? Result() : null;
        for (int i = 0; i < pieces.Count; i++)
        {
            (int first, int count) = pieces[i];
            GgmlTensor* rows = turned is null ? Turned(first, count) : (GgmlTensor*)turned[i];
            if (dots == null)
            {
                rows = _graph.Add(GgmlGaps.ggml_sub(Context, rows, mean));
            }
            else
            {
                Multiply(rows, mean, first, count, dots);
            }

            Square(rows, first, count, result);
        }

        return dots == null ? result : Kept(Distances(result, dots, mean));
    }

    /// <summary>Fills the nodes' other inputs, once the graph's memory is allocated.</summary>
    public readonly void Fill()
    {
        if (_positions != null)
        {
            GgmlGraph.Set<int>(_positions, PositionsByToken());
        }

        if (_hadamard != null)
        {
            GgmlGraph.Set<float>(_hadamard, Matrix(_layer.KeyRotation!));
        }
    }

    private readonly GgmlTensor* Result() => _graph.Tensor(GgmlGaps.Float32, _shape.Tokens, _shape.Heads);

    private static GgmlTensor* Kept(GgmlTensor* node)
    {
        GgmlGaps.ggml_set_output(node);
        return node;
    }

    private readonly List<(int First, int Count)> Pieces()
    {
        List<(int, int)> pieces = [];
        for (int first = 0; first < _shape.Tokens; first += _chunk)
        {
            int count = Math.Min(_chunk, _shape.Tokens - first);
            int rest = count > Group ? count % Group : 0;
            pieces.Add((first, count - rest));
            if (rest > 0)
            {
                pieces.Add((first + count - rest, rest));
            }
        }

        return pieces;
    }

    private void PrepareRotations()
    {
        if (_layer.Rotary is not null && _layer.Positions is not null)
        {
            _positions = _graph.Tensor(GgmlGaps.Int32, (long)_shape.Tokens * _shape.Heads, 1);
        }

        if (_layer.Rotary is not null && _layer.KeyRotation is { } rotation)
        {
            _hadamard = _graph.Tensor(GgmlGaps.Float32, rotation.Size, rotation.Size);
        }
    }

    /// <summary>Every head's mean row, f32 <c>[dimension, heads]</c>.</summary>
    /// <param name="pieces">The pieces that are read at once.</param>
    /// <param name="turned">Receives the rows; null if they are not kept.</param>
    private readonly GgmlTensor* Mean(List<(int First, int Count)> pieces, nint[]? turned)
    {
        GgmlTensor* sum = null;
        for (int i = 0; i < pieces.Count; i++)
        {
            (int first, int count) = pieces[i];
            GgmlTensor* rows = Turned(first, count);
            if (turned is not null)
            {
                turned[i] = (nint)rows;
            }

            GgmlTensor* part = _graph.Add(SumOfTokens(rows, first, count));
            sum = sum == null ? part : _graph.Add(GgmlGaps.ggml_add(Context, sum, part));
        }

        // Ones are exact in every precision; the weights of a mean are not.
        GgmlTensor* mean = _graph.Add(GgmlGaps.ggml_scale(Context, sum, 1f / (_shape.Tokens - _skip)));
        return GgmlGaps.ggml_reshape_2d(Context, mean, _shape.HeadDimension, _shape.Heads);
    }

    private readonly GgmlTensor* SumOfTokens(GgmlTensor* rows, int first, int count)
    {
        rows = GgmlGaps.ggml_reshape_2d(Context, rows, Elements, count);
        if (!_rows.AsHalves)
        {
            return GgmlGaps.ggml_out_prod(Context, rows, _constants.OnesAfter(Context, _skip, first, 1, count));
        }

        GgmlTensor* channels = _graph.Add(GgmlGaps.ggml_cont(Context, GgmlGaps.ggml_transpose(Context, rows)));
        return Product(channels, _constants.OnesAfter(Context, _skip, first, count, 1));
    }

    /// <summary>Rows with RoPE undone, if the rotation is known.</summary>
    private readonly GgmlTensor* Turned(int first, int count)
    {
        GgmlTensor* rows = _rows.Read(first, count);
        if (_layer.Rotary is not { } rotary)
        {
            return rows;
        }

        if (_hadamard != null)
        {
            long runs = (long)_shape.HeadDimension / _hadamard->Extent[0] * _shape.Heads * count;
            rows = _graph.Add(Product(_hadamard, GgmlGaps.ggml_reshape_2d(Context, rows, _hadamard->Extent[0], runs)));
        }

        // After a compression every head has its own positions: then each row counts as a token with one head.
        int heads = _positions == null ? _shape.Heads : 1;
        int tokens = count * (_shape.Heads / heads);
        nuint skipped = (nuint)(first * (_shape.Heads / heads)) * sizeof(int);
        GgmlTensor* positions = _positions == null ? _constants.Cells(Context, first, count) : GgmlGaps.ggml_view_1d(Context, _positions, tokens, skipped);
        rows = GgmlGaps.ggml_reshape_3d(Context, rows, _shape.HeadDimension, heads, tokens);
        rows = _graph.Add(GgmlGaps.ggml_rope_ext_back(
            Context, rows, positions, null, rotary.Dimensions, rotary.Interleaved ? 0 : GgmlGaps.NeoxRope, 0, (float)rotary.Base, 1, 0, 1, 32, 1));
        return GgmlGaps.ggml_reshape_3d(Context, rows, _shape.HeadDimension, _shape.Heads, count);
    }

    /// <summary>Squares rows, and writes each head's sums to the result.</summary>
    private readonly void Square(GgmlTensor* rows, int first, int count, GgmlTensor* result)
    {
        // [dimension, rows of a group, heads, groups], times itself: [rows, rows, heads, groups], whose diagonals are the result.
        int group = Math.Min(Group, count);
        int groups = count / group;
        nuint row = (nuint)rows->Stride[2];
        GgmlTensor* grouped = GgmlGaps.ggml_view_4d(
            Context, rows, _shape.HeadDimension, group, _shape.Heads, groups, row, (nuint)rows->Stride[1], row * (nuint)group, 0);
        GgmlTensor* products = _graph.Add(Product(grouped, grouped));
        GgmlTensor* diagonals = GgmlGaps.ggml_view_4d(
            Context, products, 1, group, _shape.Heads, groups, (nuint)products->Stride[1] + sizeof(float), (nuint)products->Stride[2], (nuint)products->Stride[3], 0);
        GgmlTensor* target = GgmlGaps.ggml_view_4d(
            Context, result, 1, group, _shape.Heads, groups, sizeof(float), (nuint)result->Stride[1], (nuint)group * sizeof(float), (nuint)first * sizeof(float));
        _graph.Add(GgmlGaps.ggml_cpy(Context, diagonals, target));
    }

    /// <summary>Multiplies rows by their heads' means, and writes the products to the result.</summary>
    private readonly void Multiply(GgmlTensor* rows, GgmlTensor* mean, int first, int count, GgmlTensor* result)
    {
        // Products of half floats need the mean as half floats too. The rounding error is a second factor.
        GgmlTensor* coarse = _graph.Add(GgmlGaps.ggml_cast(Context, _graph.Add(GgmlGaps.ggml_cast(Context, mean, GgmlGaps.Float16)), GgmlGaps.Float32));
        GgmlTensor* fine = _graph.Add(GgmlGaps.ggml_sub(Context, mean, coarse));
        for (int head = 0; head < _shape.Heads; head += DeviceConstants.HeadsAtOnce)
        {
            int heads = Math.Min(DeviceConstants.HeadsAtOnce, _shape.Heads - head);
            GgmlTensor* part = GgmlGaps.ggml_view_2d(
                Context, rows, (long)heads * _shape.HeadDimension, count, (nuint)rows->Stride[2], (nuint)head * (nuint)rows->Stride[1]);
            GgmlTensor* sum = _graph.Add(GgmlGaps.ggml_add(
                Context, _graph.Add(Product(part, ByHead(coarse, head, heads))), _graph.Add(Product(part, ByHead(fine, head, heads)))));
            GgmlTensor* target = GgmlGaps.ggml_view_2d(
                Context, result, count, heads, (nuint)result->Stride[1], ((nuint)head * (nuint)result->Stride[1]) + ((nuint)first * sizeof(float)));
            _graph.Add(GgmlGaps.ggml_cpy(Context, sum, target));
        }
    }

    // A matrix with a column for each head, which holds the head's mean at the head's elements, and zeros elsewhere.
    private readonly GgmlTensor* ByHead(GgmlTensor* mean, int head, int heads)
    {
        long elements = (long)heads * _shape.HeadDimension;
        GgmlTensor* part = GgmlGaps.ggml_view_2d(Context, mean, elements, 1, (nuint)elements * sizeof(float), (nuint)head * (nuint)mean->Stride[1]);
        return _graph.Add(GgmlGaps.ggml_mul(Context, _constants.HeadMask(Context, heads), part));
    }

    private readonly GgmlTensor* Distances(GgmlTensor* squares, GgmlTensor* dots, GgmlTensor* mean)
    {
        GgmlTensor* meanSquares = _graph.Add(GgmlGaps.ggml_sum_rows(Context, _graph.Add(GgmlGaps.ggml_sqr(Context, mean))));
        GgmlTensor* twice = _graph.Add(GgmlGaps.ggml_scale(Context, dots, 2));
        return _graph.Add(GgmlGaps.ggml_add(Context, _graph.Add(GgmlGaps.ggml_sub(Context, squares, twice)), meanSquares));
    }

    private readonly GgmlTensor* Product(GgmlTensor* a, GgmlTensor* b)
    {
        GgmlTensor* product = GgmlGaps.ggml_mul_mat(Context, a, b);
        GgmlGaps.ggml_mul_mat_set_prec(product, GgmlGaps.Float32Precision);
        return product;
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
