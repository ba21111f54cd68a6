using CurKv.Connector.Engine;
using CurKv.KvPolicy;

namespace CurKv.Connector.KvCache;

/// <summary>
/// Moves the newest token's cell to the end of what is left. llama.cpp has no call for that: the cells behind are removed, and a
/// one-cell blob with the newest position is restored into a scratch sequence, which takes the first free cell; that cell is then
/// shared with the sequence, and the scratch removed. Only within one stream.
/// </summary>
internal sealed unsafe class NewestCell(ILlamaContext context, LlamaModelInfo model, KvStateFormat format) : IDisposable
{
    private readonly NativeBuffer _blob = new();

    /// <summary>Has llama.cpp copy the newest token's cell, before other rows are moved over it.</summary>
    /// <returns>Its keys and values, readable until the next call.</returns>
    /// <exception cref="KvCompressionException">llama.cpp did not give it.</exception>
    public KvLayerTensors[] Take(KvSequence sequence)
    {
        nuint size = format.Size(1);
        byte* blob = _blob.Reserve(size);
        context.SequenceCopy(sequence.Id, ILlamaContext.ScratchSequence, sequence.Tokens - 1);
        bool taken = context.StateGet(ILlamaContext.ScratchSequence, blob, size) == size;
        context.SequenceRemove(ILlamaContext.ScratchSequence);
        return (taken ? KvStateBlob.TryParse(blob, size) : null)?.View(model.KvHeads, model.KeyDimension, model.ValueDimension)
            ?? throw new KvCompressionException($"llama.cpp did not give the newest cell of sequence {sequence.Id}. {NativeLog.LastErrors()}");
    }

    /// <summary>Leaves <paramref name="cells"/> cells, the last of which holds the newest token.</summary>
    /// <returns>Whether llama.cpp did it; if not, the sequence has to be removed.</returns>
    public bool PutBack(KvSequence sequence, int cells)
    {
        nuint size = format.Size(1);
        if (!context.SequenceRemove(sequence.Id, cells == 1 ? -1 : sequence.MaskPosition(cells - 1))
            || context.StateSet(ILlamaContext.ScratchSequence, _blob.Data, size) != size)
        {
            context.SequenceRemove(ILlamaContext.ScratchSequence);
            return false;
        }

        context.SequenceCopy(ILlamaContext.ScratchSequence, sequence.Id);
        return context.SequenceRemove(ILlamaContext.ScratchSequence);
    }

    public void Dispose() => _blob.Dispose();
}
