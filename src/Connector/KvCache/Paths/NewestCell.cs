using CurKv.Connector.Engine;
using CurKv.KvPolicy;

namespace CurKv.Connector.KvCache;

/// <summary>
/// Moves the newest token's cell to the end of what is left. llama.cpp has no call for that: the cells behind are removed, and a
/// one-cell blob with the newest position is restored into a scratch sequence, which takes the first free cell; that cell is then
/// shared with the sequence, and the scratch removed. Only within one stream.
/// </summary>
internal sealed unsafe class NewestCell(ILlamaContext context, KvStateFormat format) : IDisposable
{
    private readonly NativeBuffer _blob = new();

    /// <summary>Copies the newest token's rows, before others are moved over them.</summary>
    public void Take(KvSequence sequence, KvLayerTensors[] view)
    {
        var newest = new KvSelection(view.Length, view[0].Keys.Heads, 1);
        for (int layer = 0; layer < newest.Layers; layer++)
        {
            for (int head = 0; head < newest.Heads; head++)
            {
                newest[layer, head][0] = sequence.Cells - 1;
            }
        }

        byte* blob = _blob.Reserve(format.Size(1));
        KvStateWriter.Write(blob, format, ILlamaContext.ScratchSequence, view, newest, [sequence.Tokens - 1]);
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
