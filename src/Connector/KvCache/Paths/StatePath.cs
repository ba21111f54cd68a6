using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache.Paths;

/// <summary>Copies the whole sequence out of llama.cpp, and restores a compacted copy. Works for every cache.</summary>
internal sealed unsafe class StatePath(ILlamaContext context, LlamaModelInfo model, KvStateFormat format, HostMemory memory) : IKvPath, IDisposable
{
    private readonly NativeBuffer _state = new(memory);
    private readonly CompactedState _compacted = new(context, format, memory);
    private NonAttentionState _nonAttentionState;

    public KvRewritePath Kind => KvRewritePath.State;

    public string? UnsupportedReason(KvSequence sequence, bool readsRows) => null;

    public KvLayerTensors[] View(KvSequence sequence)
    {
        nuint size = context.StateSize(sequence.Id);
        byte* data = _state.Reserve(size);
        KvStateBlob? blob = context.StateGet(sequence.Id, data, size) == size ? KvStateBlob.TryParse(data, size) : null;
        if (blob is null || blob.Cells != sequence.Cells)
        {
            throw new KvCompressionException($"llama.cpp did not return the {sequence.Cells} cells of sequence {sequence.Id}. {NativeLog.LastErrors()}");
        }

        _nonAttentionState = blob.NonAttentionState;
        return blob.View(format.KvHeads, model.KeyDimension, model.ValueDimension);
    }

    public bool Rewrite(KvSequence sequence, KvLayerTensors[] view, KvSelection selection) => _compacted.Replace(sequence, view, selection, _nonAttentionState);

    public void Dispose()
    {
        _state.Dispose();
        _compacted.Dispose();
    }
}
