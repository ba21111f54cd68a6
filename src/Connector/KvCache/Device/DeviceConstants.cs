using CurKv.Connector.Engine.Native;

namespace CurKv.Connector.KvCache.Device;

/// <summary>The constants that measuring a layer needs in addition to its rows, kept on one device and shared by all layers. Used by one thread at a time.</summary>
/// <param name="backend">The device.</param>
internal sealed unsafe class DeviceConstants(GgmlBackend backend) : IDisposable
{
    /// <summary>The number of heads in one matrix product.</summary>
    public const int HeadsAtOnce = 8;

    private const int Alignment = 256;

    private nint _buffer;
    private int _tokens;
    private int _skip = -1;
    private int _headDimension;

    /// <summary>Allocates and fills the constants for a number of tokens, if they differ from the last ones.</summary>
    /// <param name="graph">The device's graph, which is empty afterwards.</param>
    /// <param name="tokens">The number of tokens.</param>
    /// <param name="skip">How many first tokens have a zero instead of a one; null if the ones are not needed.</param>
    /// <param name="headDimension">Elements of a head.</param>
    /// <exception cref="LlamaException">The device is out of memory.</exception>
    public void Prepare(GgmlGraph graph, int tokens, int? skip, int headDimension)
    {
        skip ??= Math.Max(_skip, 0);
        if (tokens <= _tokens && skip == _skip && headDimension == _headDimension)
        {
            return;
        }

        Reserve(Math.Max(tokens, _tokens), skip.Value, headDimension);
        try
        {
            Fill(graph);
        }
        catch
        {
            // A partly filled buffer must not count as filled.
            _tokens = 0;
            throw;
        }
    }

    /// <summary>The indices of consecutive cells, i32.</summary>
    public GgmlTensor* Cells(nint context, int first, int count) => Place(context, GgmlGaps.Int32, count, 1, (nuint)first * sizeof(int));

    /// <summary>A one for each of some consecutive tokens, and a zero for each skipped token: f32, in rows or in a column.</summary>
    public GgmlTensor* OnesAfter(nint context, int skip, int first, long extent0, long extent1) =>
        Place(context, GgmlGaps.Float32, extent0, extent1, OnesOffset + ((nuint)Math.Min(first, skip) * sizeof(float)));

    /// <summary>A column for each head, with ones at the head's elements: f32 <c>[heads · dimension, heads]</c>.</summary>
    public GgmlTensor* HeadMask(nint context, int heads)
    {
        // The columns for fewer heads are prefixes of the columns for all.
        GgmlTensor* all = Place(context, GgmlGaps.Float32, (long)HeadsAtOnce * _headDimension, HeadsAtOnce, MaskOffset);
        return GgmlGaps.ggml_view_2d(context, all, (long)heads * _headDimension, heads, (nuint)all->Stride[1], 0);
    }

    public void Dispose()
    {
        if (_buffer != 0)
        {
            GgmlGaps.ggml_backend_buffer_free(_buffer);
            _buffer = 0;
        }
    }

    private nuint OnesOffset => Aligned((nuint)_tokens * sizeof(int));

    private nuint MaskOffset => OnesOffset + Aligned((nuint)(_skip + _tokens) * sizeof(float));

    private static nuint Aligned(nuint size) => (size + Alignment - 1) / Alignment * Alignment;

    private void Reserve(int tokens, int skip, int headDimension)
    {
        Dispose();
        (_tokens, _skip, _headDimension) = (tokens, skip, headDimension);
        nuint size = MaskOffset + Aligned((nuint)(HeadsAtOnce * HeadsAtOnce * headDimension * sizeof(float)));
        _buffer = GgmlGaps.ggml_backend_buft_alloc_buffer(GgmlGaps.ggml_backend_get_default_buffer_type(backend.Handle), size);
        if (_buffer == 0)
        {
            _tokens = 0;
            throw new LlamaException($"{backend.Name} has not enough memory to compress the cache. {NativeLog.LastErrors()}");
        }
    }

    private void Fill(GgmlGraph graph)
    {
        graph.Start(8);
        int[] cells = [.. Enumerable.Range(0, _tokens)];
        float[] ones = new float[_skip + _tokens];
        ones.AsSpan(_skip).Fill(1);
        GgmlGraph.Set<int>(Cells(graph.Context, 0, _tokens), cells);
        GgmlGraph.Set<float>(Place(graph.Context, GgmlGaps.Float32, ones.Length, 1, OnesOffset), ones);
        GgmlGraph.Set<float>(HeadMask(graph.Context, HeadsAtOnce), Mask());
    }

    private GgmlTensor* Place(nint context, int type, long extent0, long extent1, nuint offset)
    {
        GgmlTensor* tensor = GgmlGaps.ggml_new_tensor_2d(context, type, extent0, extent1);
        byte* address = (byte*)GgmlGaps.ggml_backend_buffer_get_base(_buffer) + offset;
        return GgmlGaps.ggml_backend_tensor_alloc(_buffer, tensor, address) == 0
            ? tensor
            : throw new LlamaException($"ggml could not place a tensor on {backend.Name}.");
    }

    private float[] Mask()
    {
        int elements = HeadsAtOnce * _headDimension;
        var mask = new float[elements * HeadsAtOnce];
        for (int head = 0; head < HeadsAtOnce; head++)
        {
            mask.AsSpan((head * elements) + (head * _headDimension), _headDimension).Fill(1);
        }

        return mask;
    }
}
