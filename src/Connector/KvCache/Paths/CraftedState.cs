using CurKv.Connector.Engine;
using CurKv.KvPolicy;

namespace CurKv.Connector.KvCache;

/// <summary>Gathers the kept rows into a state blob, and puts it in the place of the sequence.</summary>
internal sealed unsafe class CraftedState(ILlamaContext context, KvStateFormat format, HostMemory memory) : IDisposable
{
    private readonly NativeBuffer _blob = new(memory);

    /// <inheritdoc cref="IKvPath.Rewrite"/>
    public bool Replace(KvSequence sequence, KvLayerTensors[] view, KvSelection selection)
    {
        nuint size = format.Size(selection.Cells);
        byte* blob = _blob.Reserve(size);
        KvStateWriter.Write(blob, format, sequence.Id, view, selection, sequence.MaskPositionsOf(selection.Cells));
        context.SequenceRemove(sequence.Id);
        return context.StateSet(sequence.Id, blob, size) == size;
    }

    public void Dispose() => _blob.Dispose();
}
