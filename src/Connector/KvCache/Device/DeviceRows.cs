using CurKv.Connector.Engine.Native;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.KvCache.Device;

/// <summary>Adds the nodes that read some tokens' rows of one cached tensor to a graph.</summary>
/// <param name="graph">The graph.</param>
/// <param name="tensor">The cache's tensor.</param>
/// <param name="shape">The layout of one sequence's rows in it. Its memory is not read.</param>
/// <param name="stream">The sequence's stream.</param>
/// <param name="constants">The device's constants.</param>
/// <param name="asHalves">Whether half floats are used in place; everything else is converted to floats.</param>
internal readonly unsafe ref struct DeviceRows(GgmlGraph graph, GgmlTensor* tensor, KvTensor shape, int stream, DeviceConstants constants, bool asHalves)
{
    private readonly GgmlTensor* _tensor = tensor;
    private readonly nuint _start = (nuint)stream * (nuint)tensor->Stride[2];

    /// <summary>Whether rows are half floats in the cache itself, rather than copies.</summary>
    public bool AsHalves => asHalves;

    private nint Context => graph.Context;

    /// <summary>Reads the rows of consecutive cells.</summary>
    /// <param name="first">The first cell.</param>
    /// <param name="count">The number of cells.</param>
    /// <returns>f32, or f16 if <see cref="AsHalves"/>, <c>[dimension, heads, count]</c>.</returns>
    public GgmlTensor* Read(int first, int count)
    {
        GgmlTensor* rows = shape.Layout != KvLayout.TokenMajor ? graph.Add(GgmlGaps.ggml_cast(Context, Channels(first, count), GgmlGaps.Float32))
            : asHalves ? Lying(first, count)
            : Look(first, count);
        return GgmlGaps.ggml_reshape_3d(Context, rows, shape.HeadDimension, shape.Heads, count);
    }

    private GgmlTensor* Lying(int first, int count) => GgmlGaps.ggml_view_2d(
        Context, _tensor, (long)shape.Heads * shape.HeadDimension, count, (nuint)shape.RowBytes, _start + ((nuint)first * (nuint)shape.RowBytes));

    // get_rows converts blocks of every type to floats.
    private GgmlTensor* Look(int first, int count) =>
        graph.Add(GgmlGaps.ggml_get_rows(Context, Lying(0, shape.Tokens), constants.Cells(Context, first, count)));

    private GgmlTensor* Channels(int first, int count)
    {
        nuint row = (nuint)shape.RowBytes;
        nuint start = _start + ((nuint)first * (nuint)KvTensor.SliceBytesOf(shape.Type, 1));
        GgmlTensor* channels = GgmlGaps.ggml_view_3d(Context, _tensor, count, shape.HeadDimension, shape.Heads, row, (nuint)shape.HeadDimension * row, start);
        return GgmlGaps.ggml_permute(Context, channels, 2, 0, 1, 3);
    }
}
