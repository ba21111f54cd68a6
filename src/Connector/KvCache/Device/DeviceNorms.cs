using System.Numerics.Tensors;
using CurKv.Connector.Engine;
using CurKv.KvPolicy;

namespace CurKv.Connector.KvCache;

/// <summary>
/// Measures the rows of one sequence on the devices that hold them, by ggml's operations: only the norms come to the host. Rows
/// become floats, are turned back, centred, squared and summed in chunks, so that the memory for it is bounded.
/// </summary>
/// <remarks>
/// Sums are products with ones for several heads at once, which on CUDA takes a quarter of the time of row sums. They may be computed in
/// TF32 there, which moves a norm by about 10⁻⁵ of itself. The graph is llama.cpp's to decode with again only when all norms are measured.
/// </remarks>
/// <param name="cache">The tensors.</param>
/// <param name="view">The rows' shapes, and how keys are rotated; completed by the caller before it asks for norms.</param>
/// <param name="stream">The sequence's stream.</param>
/// <param name="memory">What the norms come through, on their way to the caller.</param>
/// <param name="chunkElements">Elements in a chunk: by default 128 MiB as floats.</param>
internal sealed unsafe class DeviceNorms(
    DeviceCache cache, KvLayerTensors[] view, int stream, DeviceStaging memory, int chunkElements = 1 << 25) : IKvNorms
{
    // Tensors and views of a chunk in both passes, and of the sums of its heads.
    private const int TensorsPerChunk = 32;
    private const int TensorsPerHead = 4;

    private readonly int[] _cells = [.. Enumerable.Range(0, view[0].Keys.Tokens)];

    public void Keys(int layer, Span<float> squares)
    {
        Measure(layer, cache.Keys(layer), view[layer].Keys, squares, centre: false, 0);
        if (!AreFinite(squares))
        {
            using var rows = new NativeBuffer();
            InMemory(layer, rows, keys: true).MeasureKeyNorms(squares);
        }
    }

    public void Values(int layer, Span<float> squares)
    {
        Measure(layer, cache.Values(layer), view[layer].Values, squares, centre: false, 0);
        if (!AreFinite(squares))
        {
            using var rows = new NativeBuffer();
            InMemory(layer, rows, keys: false).MeasureValueNorms(squares);
        }
    }

    public void CentredKeys(int layer, int skip, Span<float> squares)
    {
        Measure(layer, cache.Keys(layer), view[layer].Keys, squares, centre: true, skip);
        if (!AreFinite(squares))
        {
            using var rows = new NativeBuffer();
            InMemory(layer, rows, keys: true).MeasureCentredKeyNorms(skip, squares);
        }
    }

    private static bool AreFinite(ReadOnlySpan<float> squares) => float.IsFinite(TensorPrimitives.Sum(squares));

    private void Measure(int layer, GgmlTensor* tensor, in KvTensor shape, Span<float> squares, bool centre, int skip)
    {
        NativeBuffer staged = memory.Rent();
        nuint size = (nuint)squares.Length * sizeof(float);
        DevicePart part = cache.PartOf(layer);
        lock (part.Gate)
        {
            int chunk = Math.Clamp(chunkElements / (shape.Heads * shape.HeadDimension), 1, shape.Tokens);
            part.Graph.Start(((shape.Tokens / chunk) + 2) * (TensorsPerChunk + (TensorsPerHead * shape.Heads)));
            var nodes = new DeviceNormNodes(part.Graph, new DeviceRows(part.Graph, tensor, shape, stream), shape, view[layer], chunk);
            GgmlTensor* result = centre ? nodes.Distances(skip) : nodes.Squares();
            part.Graph.Allocate();
            nodes.Fill(_cells);
            part.Graph.Compute();
            LlamaGaps.ggml_backend_tensor_get(result, staged.Reserve(size), 0, size);
        }

        new ReadOnlySpan<float>(staged.Data, squares.Length).CopyTo(squares);
        memory.Return(staged);
    }

    /// <summary>The layer with its keys or values in the host's memory: on a device, one row that is not finite spoils others.</summary>
    private KvLayer InMemory(int layer, NativeBuffer rows, bool keys)
    {
        KvTensor shape = keys ? view[layer].Keys : view[layer].Values;
        GgmlTensor* tensor = keys ? cache.Keys(layer) : cache.Values(layer);

        // Values may lie channel by channel, with room for all cells in each.
        int lines = shape.Layout == KvLayout.TokenMajor ? shape.Tokens : shape.Heads * shape.HeadDimension;
        nuint size = (nuint)shape.RowBytes * (nuint)lines;
        LlamaGaps.ggml_backend_tensor_get(tensor, rows.Reserve(size), (nuint)stream * (nuint)tensor->Stride[2], size);
        var read = new KvTensor(rows.Data, shape.Type, shape.Layout, shape.Tokens, shape.Heads, shape.HeadDimension, shape.RowBytes);
        KvLayerTensors tensors = keys ? view[layer] with { Keys = read, Norms = null } : view[layer] with { Values = read, Norms = null };
        return new KvLayer(layer, tensors, shape.Tokens, 0);
    }
}
