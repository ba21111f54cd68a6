using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache.Paths;

/// <summary>Reads the live cache where it lies, and copies the kept rows only, and the tail.</summary>
internal sealed class CraftPath(ILlamaContext context, LiveCache live, HostMemory memory) : IKvPath, IDisposable
{
    private readonly CraftedState _crafted = new(context, live.Format, memory);
    private readonly TailReader _tail = new(context, live.Format);

    public KvRewritePath Kind => KvRewritePath.Craft;

    public string? Obstacle(KvSequence sequence, bool readsRows) => live.OrderObstacle(sequence);

    public KvLayerTensors[] View(KvSequence sequence) => live.View(sequence);

    public bool Rewrite(KvSequence sequence, KvLayerTensors[] view, KvSelection selection) =>
        _crafted.Replace(sequence, view, selection, _tail.Read(sequence.Id));

    public void Dispose()
    {
        _crafted.Dispose();
        _tail.Dispose();
    }
}
