using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache.Paths;

/// <summary>Gathers the kept rows into a compacted state blob, and replaces the sequence with it.</summary>
internal sealed unsafe class CompactedState(ILlamaContext context, KvStateFormat format, HostMemory memory) : IDisposable
{
    private readonly NativeBuffer _blob = new(memory);

    /// <summary>Keeps the selected tokens of each head in the base block, and the non-attention state unchanged.</summary>
    /// <returns>Whether llama.cpp accepted it. If not, the sequence must be removed.</returns>
    public bool Replace(KvSequence sequence, KvLayerTensors[] view, KvSelection selection, NonAttentionState nonAttentionState)
    {
        nuint block = format.Size(selection.Cells);
        nuint size = block + nonAttentionState.Bytes;
        byte* blob = _blob.Reserve(size);
        KvStateWriter.Write(blob, format, sequence.Id, view, selection, sequence.MaskPositionsOf(selection.Cells));
        nonAttentionState.CopyTo(blob + block);
        context.SequenceRemove(sequence.Id);
        return context.StateSet(sequence.Id, blob, size) == size;
    }

    public void Dispose() => _blob.Dispose();
}
