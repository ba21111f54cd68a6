using CurKv.Connector.Engine.Native;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache.Device;

/// <summary>
/// Moves selected rows to the first cells within device memory, bit for bit: rows are gathered as words of four bytes, whatever their
/// element type is.
/// </summary>
internal static unsafe class DeviceGather
{
    private const int WordBytes = sizeof(float);
    private const int TensorsPerBlock = 8;

    /// <summary>Why a tensor's rows cannot be gathered; null if they can.</summary>
    public static string? UnsupportedReason(in KvTensor tensor) =>
        tensor.Layout != KvLayout.TokenMajor ? "values are stored channel by channel, since FlashAttention is off"
        : tensor.SliceBytes % WordBytes != 0 ? $"a head's {tensor.SliceBytes} bytes are not whole words of {WordBytes}"
        : null;

    /// <summary>Prepares the gathering: allocates memory, but moves nothing yet.</summary>
    /// <param name="part">The device. Its graph is in use until <see cref="GgmlGraph.Compute"/>.</param>
    /// <param name="cache">The tensors.</param>
    /// <param name="view">The rows' shapes.</param>
    /// <param name="stream">The sequence's stream.</param>
    /// <param name="selection">The tokens that each head keeps.</param>
    /// <exception cref="LlamaException">The device does not support it.</exception>
    public static void Prepare(DevicePart part, DeviceCache cache, KvLayerTensors[] view, int stream, KvSelection selection)
    {
        part.Graph.Start((part.Layers.Count * 2 * TensorsPerBlock) + TensorsPerBlock);
        GgmlTensor* cells = part.Graph.Tensor(GgmlGaps.Int32, selection.Cells, (long)part.Layers.Count * selection.Heads);
        for (int i = 0; i < part.Layers.Count; i++)
        {
            int layer = part.Layers[i];
            nuint start = (nuint)cells->Stride[1] * (nuint)(i * selection.Heads);
            GgmlTensor* kept = GgmlGaps.ggml_view_2d(part.Graph.Context, cells, selection.Cells, selection.Heads, (nuint)cells->Stride[1], start);
            Add(part.Graph, cache.Keys(layer), view[layer].Keys, stream, kept);
            Add(part.Graph, cache.Values(layer), view[layer].Values, stream, kept);
        }

        part.Graph.Allocate();
        Fill(cells, part, selection);
    }

    // All rows are read before one is written: the nodes' results are outside of the cache.
    private static void Add(GgmlGraph graph, GgmlTensor* tensor, in KvTensor shape, int stream, GgmlTensor* kept)
    {
        nuint row = (nuint)shape.RowBytes;
        nuint slice = (nuint)shape.SliceBytes;
        nuint start = (nuint)stream * (nuint)tensor->Stride[2];
        long words = shape.SliceBytes / WordBytes;
        GgmlTensor* alias = graph.Alias(tensor, GgmlGaps.Float32, shape.RowBytes / WordBytes, tensor->Extent[1] * tensor->Extent[2]);
        GgmlTensor* from = GgmlGaps.ggml_view_3d(graph.Context, alias, words, shape.Tokens, shape.Heads, row, slice, start);
        GgmlTensor* to = GgmlGaps.ggml_view_3d(graph.Context, alias, words, kept->Extent[0], shape.Heads, row, slice, start);
        GgmlTensor* rows = graph.Add(GgmlGaps.ggml_get_rows(graph.Context, from, kept));
        graph.Add(GgmlGaps.ggml_cpy(graph.Context, rows, to));
    }

    private static void Fill(GgmlTensor* cells, DevicePart part, KvSelection selection)
    {
        var indices = new int[part.Layers.Count * selection.Heads * selection.Cells];
        for (int i = 0; i < part.Layers.Count * selection.Heads; i++)
        {
            selection[part.Layers[i / selection.Heads], i % selection.Heads].CopyTo(indices.AsSpan(i * selection.Cells));
        }

        GgmlGraph.Set<int>(cells, indices);
    }
}
