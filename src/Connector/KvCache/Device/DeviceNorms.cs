using System.Numerics.Tensors;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;

namespace CurKv.Connector.KvCache.Device;

/// <summary>
/// Measures the rows of one sequence on the devices that hold them, by ggml operations: only the norms are copied to the host. RoPE is
/// undone and rows are centred, squared and summed in chunks, so that memory is bounded.
/// </summary>
/// <remarks>
/// An f16 cache is used as it is, in a third of the time of floats; all other types are converted to floats first. Products of floats
/// may be computed in TF32, which changes a norm by up to 10⁻³ of itself. Undoing RoPE rounds half floats once. llama.cpp may decode
/// again only when all norms are measured.
/// </remarks>
/// <param name="cache">The tensors.</param>
/// <param name="view">The rows' shapes, and how keys are rotated. The caller completes it before it asks for norms.</param>
/// <param name="stream">The sequence's stream.</param>
/// <param name="memory">Buffers for the transfer from the device.</param>
/// <param name="chunkBytes">Bytes of a chunk's rows in the computation; 128 MiB by default.</param>
internal sealed unsafe class DeviceNorms(
    DeviceCache cache, KvLayerTensors[] view, int stream, DeviceStaging memory, int chunkBytes = 1 << 27) : IKvNorms
{
    // Tensors and views of a chunk and its remainder in both passes, and of the products of its heads.
    private const int TensorsPerChunk = 96;
    private const int TensorsPerHead = 4;

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

    private void Measure(int layer, GgmlTensor* tensor, KvTensor shape, Span<float> squares, bool centre, int skip)
    {
        NativeBuffer staged = memory.Rent();
        nuint size = (nuint)squares.Length * sizeof(float);
        staged.Reserve(size);
        DevicePart part = cache.PartOf(layer);
        part.Queue.Run(() => LlamaGaps.ggml_backend_tensor_get(Compute(part, layer, tensor, shape, centre, skip), staged.Data, 0, size));

        // Only rounding makes a distance negative. NaN and infinity stay.
        TensorPrimitives.Max(new ReadOnlySpan<float>(staged.Data, squares.Length), 0, squares);
        memory.Return(staged);
    }

    private GgmlTensor* Compute(DevicePart part, int layer, GgmlTensor* tensor, in KvTensor shape, bool centre, int skip)
    {
        bool halves = shape.Type == KvElementType.F16 && shape.Layout == KvLayout.TokenMajor && view[layer].KeyRotation is null && part.ComputesHalves;
        int chunk = Math.Clamp(chunkBytes / (halves ? sizeof(ushort) : sizeof(float)) / (shape.Heads * shape.HeadDimension), 1, shape.Tokens);
        part.Constants.Prepare(part.Graph, shape.Tokens, centre ? skip : null, shape.HeadDimension);
        part.Graph.Start(((shape.Tokens / chunk) + 2) * (TensorsPerChunk + (TensorsPerHead * shape.Heads)));
        var rows = new DeviceRows(part.Graph, tensor, shape, stream, part.Constants, halves);
        var nodes = new DeviceNormNodes(part.Graph, rows, shape, view[layer], part.Constants, chunk, skip);
        GgmlTensor* result = centre ? nodes.Distances() : nodes.Squares();
        part.Graph.Allocate();
        nodes.Fill();
        part.Graph.Compute();
        return result;
    }

    /// <summary>The layer with its keys or values copied to host memory: on a device, one non-finite row affects others.</summary>
    private KvLayer InMemory(int layer, NativeBuffer rows, bool keys)
    {
        KvTensor shape = keys ? view[layer].Keys : view[layer].Values;
        GgmlTensor* tensor = keys ? cache.Keys(layer) : cache.Values(layer);

        // Values may be stored channel by channel, with space for all cells in each.
        int lines = shape.Layout == KvLayout.TokenMajor ? shape.Tokens : shape.Heads * shape.HeadDimension;
        nuint size = (nuint)shape.RowBytes * (nuint)lines;
        LlamaGaps.ggml_backend_tensor_get(tensor, rows.Reserve(size), (nuint)stream * (nuint)tensor->Stride[2], size);
        var read = new KvTensor(rows.Data, shape.Type, shape.Layout, shape.Tokens, shape.Heads, shape.HeadDimension, shape.RowBytes);
        KvLayerTensors tensors = keys ? view[layer] with { Keys = read, Norms = null } : view[layer] with { Values = read, Norms = null };
        return new KvLayer(layer, tensors, shape.Tokens, 0);
    }
}
