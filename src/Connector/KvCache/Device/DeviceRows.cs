using CurKv.Connector.Engine;
using CurKv.KvPolicy;

namespace CurKv.Connector.KvCache;

/// <summary>Adds the nodes to a graph that read some tokens' rows of one cached tensor as floats.</summary>
/// <param name="graph">The graph.</param>
/// <param name="tensor">The cache's tensor.</param>
/// <param name="shape">How one sequence's rows lie in it; its memory is not read.</param>
/// <param name="stream">The sequence's stream.</param>
internal readonly unsafe ref struct DeviceRows(GgmlGraph graph, GgmlTensor* tensor, KvTensor shape, int stream)
{
    private readonly GgmlTensor* _tensor = tensor;
    private readonly nuint _start = (nuint)stream * (nuint)tensor->Stride[2];

    /// <summary>Whether <see cref="Read"/> wants to be told the cells: rows are looked up, which turns blocks into floats as well.</summary>
    public bool WantsCells => shape.Layout == KvLayout.TokenMajor;

    private nint Context => graph.Context;

    /// <summary>Reads the rows of neighbouring cells.</summary>
    /// <param name="first">The first cell.</param>
    /// <param name="count">How many.</param>
    /// <param name="cells">A tensor that holds the numbers 0, 1, 2, …; null unless <see cref="WantsCells"/>.</param>
    /// <returns>f32 <c>[dimension, heads, count]</c>.</returns>
    public GgmlTensor* Read(int first, int count, GgmlTensor* cells)
    {
        GgmlTensor* rows = WantsCells ? Look(first, count, cells) : graph.Add(GgmlGaps.ggml_cast(Context, Channels(first, count), GgmlGaps.Float32));
        return GgmlGaps.ggml_reshape_3d(Context, rows, shape.HeadDimension, shape.Heads, count);
    }

    private GgmlTensor* Look(int first, int count, GgmlTensor* cells)
    {
        GgmlTensor* all = GgmlGaps.ggml_view_2d(Context, _tensor, (long)shape.Heads * shape.HeadDimension, shape.Tokens, (nuint)shape.RowBytes, _start);
        return graph.Add(GgmlGaps.ggml_get_rows(Context, all, GgmlGaps.ggml_view_1d(Context, cells, count, (nuint)first * sizeof(int))));
    }

    private GgmlTensor* Channels(int first, int count)
    {
        nuint row = (nuint)shape.RowBytes;
        nuint start = _start + ((nuint)first * (nuint)KvTensor.SliceBytesOf(shape.Type, 1));
        GgmlTensor* channels = GgmlGaps.ggml_view_3d(Context, _tensor, count, shape.HeadDimension, shape.Heads, row, (nuint)shape.HeadDimension * row, start);
        return GgmlGaps.ggml_permute(Context, channels, 2, 0, 1, 3);
    }
}
