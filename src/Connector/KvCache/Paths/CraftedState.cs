using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache.Paths;

/// <summary>Gathers the kept rows into a state blob, and puts it in the place of the sequence.</summary>
internal sealed unsafe class CraftedState(ILlamaContext context, KvStateFormat format, HostMemory memory) : IDisposable
{
    private readonly NativeBuffer _blob = new(memory);

    /// <summary>Leaves the selected tokens of each head in the base block, and the tail as it is.</summary>
    /// <returns>Whether llama.cpp took it; if not, the sequence has to be removed.</returns>
    public bool Replace(KvSequence sequence, KvLayerTensors[] view, KvSelection selection, KvTail tail)
    {
        nuint block = format.Size(selection.Cells);
        nuint size = block + tail.Bytes;
        byte* blob = _blob.Reserve(size);
        KvStateWriter.Write(blob, format, sequence.Id, view, selection, sequence.MaskPositionsOf(selection.Cells));
        tail.CopyTo(blob + block);
        context.SequenceRemove(sequence.Id);
        return context.StateSet(sequence.Id, blob, size) == size;
    }

    public void Dispose() => _blob.Dispose();
}
