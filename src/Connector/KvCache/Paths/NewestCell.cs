using CurKv.Connector.Engine;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache.Paths;

/// <summary>
/// Moves the newest token's cell to the end of what is left. llama.cpp has no call for that: the cells behind are removed, and a
/// one-cell blob with the newest position is restored into a scratch sequence, which takes the first free cell; that cell is then
/// shared with the sequence, and the scratch removed. Only within one stream.
/// </summary>
internal sealed unsafe class NewestCell(ILlamaContext context, KvStateFormat format) : IDisposable
{
    private readonly NativeBuffer _blob = new();

    /// <summary>Copies the newest token's rows, before others are moved over them.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="view">Rows in the host's memory.</param>
    /// <param name="newest">Which of them are the newest token's.</param>
    public void Take(KvSequence sequence, KvLayerTensors[] view, int newest)
    {
        var selection = new KvSelection(view.Length, view[0].Keys.Heads, 1);
        for (int layer = 0; layer < selection.Layers; layer++)
        {
            for (int head = 0; head < selection.Heads; head++)
            {
                selection[layer, head][0] = newest;
            }
        }

        byte* blob = _blob.Reserve(format.Size(1));
        KvStateWriter.Write(blob, format, ILlamaContext.ScratchSequence, view, selection, [sequence.Tokens - 1]);
    }

    /// <summary>Whether the first layer's newest key, as llama.cpp finds it, is the one that a caller has found.</summary>
    public bool IsNewestKey(KvSequence sequence, ReadOnlySpan<byte> key)
    {
        nuint full = format.Size(1);
        byte* blob = _blob.Reserve(full);
        context.SequenceCopy(sequence.Id, ILlamaContext.ScratchSequence, sequence.Tokens - 1);
        nuint size = context.StateGet(ILlamaContext.ScratchSequence, blob, full);
        context.SequenceRemove(ILlamaContext.ScratchSequence);

        // A sequence beyond the context's own is not named in the blob, which is that much shorter; what lies behind is as ever.
        nuint behind = full - format.FirstKeyOffset;
        return size >= behind && key.SequenceEqual(new ReadOnlySpan<byte>(blob + size - behind, key.Length));
    }

    /// <summary>Removes the cells behind those that are to be left, and the one that the newest token is to have. Touches no rows.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="cells">How many are to be left, the newest token's included.</param>
    /// <returns>Whether llama.cpp did it; if not, the sequence has to be removed.</returns>
    public bool Trim(KvSequence sequence, int cells) =>
        context.SequenceRemove(sequence.Id, cells == 1 ? -1 : sequence.MaskPosition(cells - 1));

    /// <summary>Puts the newest token's cell behind those that <see cref="Trim"/> left.</summary>
    /// <returns>Whether llama.cpp did it; if not, the sequence has to be removed.</returns>
    public bool PutBack(KvSequence sequence)
    {
        nuint size = format.Size(1);
        if (context.StateSet(ILlamaContext.ScratchSequence, _blob.Data, size) != size)
        {
            context.SequenceRemove(ILlamaContext.ScratchSequence);
            return false;
        }

        context.SequenceCopy(ILlamaContext.ScratchSequence, sequence.Id);
        return context.SequenceRemove(ILlamaContext.ScratchSequence);
    }

    public void Dispose() => _blob.Dispose();
}
