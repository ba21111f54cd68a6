using System.Numerics.Tensors;
using CurKv.Connector.Engine;
using CurKv.KvPolicy;

namespace CurKv.Connector.KvCache;

/// <summary>
/// Measures the rows of one sequence on the devices that hold them, by ggml's operations: only the norms come to the host. Rows are
/// taken in chunks that stay in a GPU's second-level cache while they become floats, are turned back, centred, squared and summed.
/// </summary>
/// <remarks>
/// Sums are products with ones, which CUDA computes in float32 and faster than its row sums. The graph is llama.cpp's to decode with
/// again only when all norms are measured.
/// </remarks>
/// <param name="cache">The tensors.</param>
/// <param name="view">The rows' shapes, and how keys are rotated; completed by the caller before it asks for norms.</param>
/// <param name="stream">The sequence's stream.</param>
/// <param name="memory">What the norms come through, on their way to the caller.</param>
/// <param name="chunkElements">Elements in a chunk: by default 16 MiB as floats.</param>
internal sealed unsafe class DeviceNorms(
    DeviceCache cache, KvLayerTensors[] view, int stream, DeviceStaging memory, int chunkElements = 1 << 22) : IKvNorms
{
    // A chunk makes ten tensors and views in each of two passes.
    private const int TensorsPerChunk = 32;

    private readonly int[] _cells = [.. Enumerable.Range(0, view[0].Keys.Tokens)];

    public void Keys(int layer, Span<float> squares) => Measure(layer, cache.Keys(layer), view[layer].Keys, squares, centre: false, 0);

    public void Values(int layer, Span<float> squares) => Measure(layer, cache.Values(layer), view[layer].Values, squares, centre: false, 0);

    public void CentredKeys(int layer, int skip, Span<float> squares)
    {
        Measure(layer, cache.Keys(layer), view[layer].Keys, squares, centre: true, skip);
        if (!float.IsFinite(TensorPrimitives.Sum<float>(squares)))
        {
            MeasureInMemory(layer, skip, squares);
        }
    }

    private void Measure(int layer, GgmlTensor* tensor, in KvTensor shape, Span<float> squares, bool centre, int skip)
    {
        NativeBuffer staged = memory.Rent();
        nuint size = (nuint)squares.Length * sizeof(float);
        DevicePart part = cache.PartOf(layer);
        lock (part.Gate)
        {
            int chunk = Math.Clamp(chunkElements / (shape.Heads * shape.HeadDimension), 1, shape.Tokens);
            part.Graph.Start((((shape.Tokens / chunk) + 2) * TensorsPerChunk) + TensorsPerChunk);
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

    /// <summary>Measures as the host does, which leaves rows out of the mean that are not finite; on a device one of them would spoil all.</summary>
    private void MeasureInMemory(int layer, int skip, Span<float> squares)
    {
        KvTensor keys = view[layer].Keys;
        using var rows = new NativeBuffer();
        nuint size = (nuint)keys.RowBytes * (nuint)keys.Tokens;
        GgmlTensor* tensor = cache.Keys(layer);
        LlamaGaps.ggml_backend_tensor_get(tensor, rows.Reserve(size), (nuint)stream * (nuint)tensor->Stride[2], size);
        var read = new KvTensor(rows.Data, keys.Type, keys.Layout, keys.Tokens, keys.Heads, keys.HeadDimension, keys.RowBytes);
        new KvLayer(layer, view[layer] with { Keys = read, Norms = null }, keys.Tokens, skip).MeasureCentredKeyNorms(skip, squares);
    }
}
