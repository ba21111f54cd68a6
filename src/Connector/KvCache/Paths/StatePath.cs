using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache.Paths;

/// <summary>Copies the whole sequence out of llama.cpp, and the kept rows back: works wherever the cache lies.</summary>
internal sealed unsafe class StatePath(ILlamaContext context, LlamaModelInfo model, KvStateFormat format, HostMemory memory) : IKvPath, IDisposable
{
    private readonly NativeBuffer _state = new(memory);
    private readonly CraftedState _crafted = new(context, format, memory);
    private KvTail _tail;

    public KvRewritePath Kind => KvRewritePath.State;

    public string? Obstacle(KvSequence sequence, bool readsRows) => null;

    public KvLayerTensors[] View(KvSequence sequence)
    {
        nuint size = context.StateSize(sequence.Id);
        byte* data = _state.Reserve(size);
        KvStateBlob? blob = context.StateGet(sequence.Id, data, size) == size ? KvStateBlob.TryParse(data, size) : null;
        if (blob is null || blob.Cells != sequence.Cells)
        {
            throw new KvCompressionException($"llama.cpp did not give sequence {sequence.Id}'s {sequence.Cells} cells. {NativeLog.LastErrors()}");
        }

        _tail = blob.Tail;
        return blob.View(format.KvHeads, model.KeyDimension, model.ValueDimension);
    }

    public bool Rewrite(KvSequence sequence, KvLayerTensors[] view, KvSelection selection) => _crafted.Replace(sequence, view, selection, _tail);

    public void Dispose()
    {
        _state.Dispose();
        _crafted.Dispose();
    }
}
