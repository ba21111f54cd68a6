using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache.Capture;
using CurKv.Connector.KvCache.Device;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache.Paths;

/// <summary>
/// Scores and moves rows on the device that holds them: only norms and the newest token's cell are copied to the host. For policies
/// that read norms or no rows at all, with full attention and one stream.
/// </summary>
internal sealed unsafe class DevicePath : IKvPath, IDisposable
{
    private const int WarmUpTokens = 4;

    private readonly ILlamaContext _context;
    private readonly LiveCache _live;
    private readonly NewestCell _newest;
    private readonly string? _unsupportedReason;
    private readonly NativeBuffer _row = new();
    private DeviceCache? _cache;
    private DeviceStaging? _staging;

    /// <summary>Creates the path. Devices are opened when it is first used.</summary>
    /// <param name="context">The context.</param>
    /// <param name="live">The cache on its devices.</param>
    public DevicePath(ILlamaContext context, LiveCache live)
    {
        _context = context;
        _live = live;
        _newest = new NewestCell(context, live.Format);
        _unsupportedReason = live.MoveUnsupportedReason
            ?? BackendUnsupportedReason(live.Capture)
            ?? Array.ConvertAll(live.View(0, WarmUpTokens), layer => DeviceGather.UnsupportedReason(layer.Keys) ?? DeviceGather.UnsupportedReason(layer.Values)).FirstOrDefault(why => why is not null);
    }

    public KvRewritePath Kind => KvRewritePath.Device;

    public string? UnsupportedReason(KvSequence sequence, bool readsRows) =>
        _unsupportedReason is not null ? _unsupportedReason
        : readsRows ? "the policy reads keys or values, not only their norms"
        : !InOrder(sequence) ? LiveCache.NotInOrder
        : null;

    /// <summary>Runs the computation once on the first cells, without changing them, because the first one on a device is slow.</summary>
    /// <returns>Whether the path is available at all.</returns>
    /// <exception cref="LlamaException">A device does not support it.</exception>
    public bool WarmUp()
    {
        if (_unsupportedReason is not null)
        {
            return false;
        }

        var sequence = new KvSequence(0);
        sequence.Append(stackalloc int[WarmUpTokens]);
        KvLayerTensors[] view = View(sequence);
        var squares = new float[_live.Format.KvHeads * WarmUpTokens];
        var all = new KvSelection(view.Length, _live.Format.KvHeads, WarmUpTokens);
        for (int layer = 0; layer < view.Length; layer++)
        {
            view[layer] = view[layer] with { Rotary = _live.Model.Rotary, KeyRotation = _live.Capture.KeyRotation };
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
        _cache ??= new DeviceCache(_live.Capture, _live.Format.Layers.Count, _context.Settings.Threads);
        _staging ??= new DeviceStaging(_live.Capture.IsOnDevice ? HostMemory.For(_cache.Parts[0].Backend.Device) : HostMemory.Plain);
        KvLayerTensors[] view = _live.View(sequence);
        var norms = new DeviceNorms(_cache, view, sequence.Id, _staging);
        for (int layer = 0; layer < view.Length; layer++)
        {
            view[layer] = view[layer] with { Norms = norms };
        }

        return view;
    }

    public bool Rewrite(KvSequence sequence, KvLayerTensors[] view, KvSelection selection)
    {
        // Everything that can fail happens before the first cell changes.
        Prepare(sequence, view, selection);
        TakeNewest(sequence, view);

        // llama.cpp's cell metadata is on the host, the rows are on the device.
        Task gather = Task.Run(Gather);
        bool trimmed = _newest.Trim(sequence, selection.Cells);
        gather.GetAwaiter().GetResult();
        return trimmed && _newest.PutBack(sequence);
    }

    public void Dispose()
    {
        _newest.Dispose();
        _row.Dispose();
        _staging?.Dispose();
        _cache?.Dispose();
    }

    // llama.cpp b10068's, on Mesa's software device: the process's heap was damaged each time that norms were computed.
    private static string? BackendUnsupportedReason(KvCapture capture) =>
        GgmlBackend.NameOf(GgmlBackend.DeviceOf(capture.Keys(0))).StartsWith("Vulkan", StringComparison.Ordinal)
            ? "the cache is on a Vulkan device, where computing norms damages memory"
            : null;

    private void Prepare(KvSequence sequence, KvLayerTensors[] view, KvSelection selection) =>
        _cache!.Parts.ForEach(part => DeviceGather.Prepare(part, _cache, view, sequence.Id, selection));

    private void Gather() => _cache!.Parts.ForEach(part => part.Graph.Compute());

    // llama.cpp returns the newest token's rows from whichever cell holds them. The expected cell must hold the same.
    private bool InOrder(KvSequence sequence)
    {
        KvTensor keys = _live.View(sequence)[0].Keys;
        Span<byte> key = new byte[keys.RowBytes];
        KvCapture.ReadRow(_live.Capture.Keys(0), keys, sequence.Cells - 1, key);
        return _newest.IsNewestKey(sequence, key);
    }

    private void TakeNewest(KvSequence sequence, KvLayerTensors[] view)
    {
        // The rows of one token, layer after layer.
        long bytes = view.Sum(layer => (long)layer.Keys.RowBytes + layer.Values.RowBytes);
        byte* next = _row.Reserve((nuint)bytes);
        var newest = new KvLayerTensors[view.Length];
        for (int layer = 0; layer < view.Length; layer++)
        {
            KvTensor keys = Read(_live.Capture.Keys(layer), view[layer].Keys);
            newest[layer] = new KvLayerTensors(keys, Read(_live.Capture.Values(layer), view[layer].Values));
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
