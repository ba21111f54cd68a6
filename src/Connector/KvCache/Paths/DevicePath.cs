using CurKv.Connector.Engine;
using CurKv.KvPolicy;

namespace CurKv.Connector.KvCache;

/// <summary>
/// Scores and moves rows on the device that holds them: norms come to the host, the newest token's cell, and nothing else. For policies
/// that read norms or no rows at all, on plain attention with one stream.
/// </summary>
internal sealed unsafe class DevicePath : IKvPath, IDisposable
{
    private const int WarmUpTokens = 4;

    private readonly ILlamaContext _context;
    private readonly LlamaModelInfo _model;
    private readonly KvStateFormat _format;
    private readonly KvCapture _capture;
    private readonly NewestCell _newest;
    private readonly string? _obstacle;
    private readonly NativeBuffer _row = new();
    private DeviceCache? _cache;
    private DeviceStaging? _staging;

    /// <summary>Creates the path; devices are opened when it is first taken.</summary>
    /// <param name="context">The context.</param>
    /// <param name="model">The model's facts.</param>
    /// <param name="format">The context's blob format.</param>
    /// <param name="capture">Has found all tensors.</param>
    public DevicePath(ILlamaContext context, LlamaModelInfo model, KvStateFormat format, KvCapture capture)
    {
        _context = context;
        _model = model;
        _format = format;
        _capture = capture;
        _newest = new NewestCell(context, format);
        _obstacle = format.HasTail
            ? "the cache has parts that are no cells of full attention"
            : format.Streams > 1
            ? "the cache has several streams, and the newest token's cell can move only within one that holds two sequences"
            : Array.ConvertAll(Shapes(0, WarmUpTokens), layer => DeviceGather.Obstacle(layer.Keys) ?? DeviceGather.Obstacle(layer.Values)).FirstOrDefault(why => why is not null);
    }

    public KvRewritePath Kind => KvRewritePath.Device;

    public string? Obstacle(KvSequence sequence, bool readsRows) =>
        _obstacle is not null ? _obstacle
        : readsRows ? "keys or values are read, not only their norms"
        : !InOrder(sequence) ? "its tokens do not lie in order from the first cell on"
        : null;

    /// <summary>Computes on the devices once, on what lies in the first cells and without changing it: the first computation takes its time.</summary>
    /// <returns>Whether the path can be taken at all.</returns>
    /// <exception cref="LlamaException">A device cannot do it.</exception>
    public bool WarmUp()
    {
        if (_obstacle is not null)
        {
            return false;
        }

        var sequence = new KvSequence(0);
        sequence.Append(stackalloc int[WarmUpTokens]);
        KvLayerTensors[] view = View(sequence);
        var squares = new float[_format.KvHeads * WarmUpTokens];
        var all = new KvSelection(view.Length, _format.KvHeads, WarmUpTokens);
        for (int layer = 0; layer < view.Length; layer++)
        {
            view[layer] = view[layer] with { Rotary = _model.Rotary, KeyRotation = _capture.KeyRotation };
            view[layer].Norms!.Values(layer, squares);
            view[layer].Norms!.CentredKeys(layer, 0, squares);
            for (int head = 0; head < all.Heads; head++)
            {
                ((ReadOnlySpan<int>)[0, 1, 2, 3]).CopyTo(all[layer, head]);
            }
        }

        Prepare(sequence, view, all);
        Gather();
        return true;
    }

    public KvLayerTensors[] View(KvSequence sequence)
    {
        _cache ??= new DeviceCache(_capture, _format.Layers.Count, _context.Settings.Threads);
        _staging ??= new DeviceStaging(_capture.IsOnDevice ? HostMemory.For(_cache.Parts[0].Backend.Device) : HostMemory.Plain);
        KvLayerTensors[] view = Shapes(sequence.Id, sequence.Cells);
        var norms = new DeviceNorms(_cache, view, sequence.Id, _staging);
        for (int layer = 0; layer < view.Length; layer++)
        {
            view[layer] = view[layer] with { Norms = norms };
        }

        return view;
    }

    public bool Rewrite(KvSequence sequence, KvLayerTensors[] view, KvSelection selection)
    {
        // Everything that can fail comes before the first cell changes.
        Prepare(sequence, view, selection);
        TakeNewest(sequence, view);
        Gather();
        return _newest.PutBack(sequence, selection.Cells);
    }

    public void Dispose()
    {
        _newest.Dispose();
        _row.Dispose();
        _staging?.Dispose();
        _cache?.Dispose();
    }

    private KvLayerTensors[] Shapes(int sequence, int cells) =>
        _capture.View(sequence, cells, _format, _format.KvHeads, _model.KeyDimension, _model.ValueDimension);

    private void Prepare(KvSequence sequence, KvLayerTensors[] view, KvSelection selection) =>
        _cache!.Parts.ForEach(part => DeviceGather.Prepare(part, _cache, view, sequence.Id, selection));

    private void Gather() => _cache!.Parts.ForEach(part => part.Graph.Compute());

    // llama.cpp gives the newest token's rows wherever they lie; the cell where they should be has to hold the same.
    private bool InOrder(KvSequence sequence)
    {
        KvTensor keys = Shapes(sequence.Id, sequence.Cells)[0].Keys;
        Span<byte> key = new byte[keys.RowBytes];
        KvCapture.ReadRow(_capture.Keys(0), keys, sequence.Cells - 1, key);
        return _newest.IsNewestKey(sequence, key);
    }

    private void TakeNewest(KvSequence sequence, KvLayerTensors[] view)
    {
        // Rows of one token from all layers, one behind the other.
        long bytes = view.Sum(layer => (long)layer.Keys.RowBytes + layer.Values.RowBytes);
        byte* next = _row.Reserve((nuint)bytes);
        var newest = new KvLayerTensors[view.Length];
        for (int layer = 0; layer < view.Length; layer++)
        {
            KvTensor keys = Read(_capture.Keys(layer), view[layer].Keys);
            newest[layer] = new KvLayerTensors(keys, Read(_capture.Values(layer), view[layer].Values));
        }

        _newest.Take(sequence, newest, 0);

        KvTensor Read(GgmlTensor* tensor, in KvTensor all)
        {
            var row = new KvTensor(next, all.Type, all.Layout, 1, all.Heads, all.HeadDimension, all.RowBytes);
            KvCapture.ReadRow(tensor, all, all.Tokens - 1, new Span<byte>(next, (int)all.RowBytes));
            next += all.RowBytes;
            return row;
        }
    }
}
