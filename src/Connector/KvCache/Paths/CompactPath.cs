using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache.Paths;

/// <summary>Reads the live cache in place, and restores a compacted copy: the kept rows and the non-attention state.</summary>
internal sealed class CompactPath(ILlamaContext context, LiveCache live, HostMemory memory) : IKvPath, IDisposable
{
    private readonly CompactedState _compacted = new(context, live.Format, memory);
    private readonly NonAttentionStateReader _nonAttentionState = new(context, live.Format);

    public KvRewritePath Kind => KvRewritePath.Compact;

    public string? UnsupportedReason(KvSequence sequence, bool readsRows) => live.OrderUnsupportedReason(sequence);

    public KvLayerTensors[] View(KvSequence sequence) => live.View(sequence);

    public bool Rewrite(KvSequence sequence, KvLayerTensors[] view, KvSelection selection) =>
        _compacted.Replace(sequence, view, selection, _nonAttentionState.Read(sequence.Id));

    public void Dispose()
    {
        _compacted.Dispose();
        _nonAttentionState.Dispose();
    }
}
