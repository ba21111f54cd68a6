using CurKv.Connector.Engine;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache.Paths;

/// <summary>
/// Moves the newest token's cell to the end of the kept cells. llama.cpp has no call for that: the cells after them are removed, and a
/// one-cell blob with the newest position is restored into a scratch sequence, which takes the first free cell. That cell is then
/// shared with the sequence, and the scratch sequence is removed. Works within one stream only.
/// </summary>
internal sealed unsafe class NewestCell(ILlamaContext context, KvStateFormat format) : IDisposable
{
    private readonly NativeBuffer _blob = new();

    /// <summary>Copies the newest token's rows, before others are moved over them.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="view">Rows in host memory.</param>
    /// <param name="newest">The index of the newest token's rows.</param>
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

    /// <summary>Whether the first layer's newest key, as llama.cpp returns it, equals <paramref name="key"/>.</summary>
    public bool IsNewestKey(KvSequence sequence, ReadOnlySpan<byte> key)
    {
        nuint full = format.Size(1);
        byte* blob = _blob.Reserve(full);
        context.SequenceCopy(sequence.Id, ILlamaContext.ScratchSequence, sequence.Tokens - 1);
        nuint size = context.StateGet(ILlamaContext.ScratchSequence, blob, full);
        context.SequenceRemove(ILlamaContext.ScratchSequence);

        // A sequence beyond the context's own is not named in the blob, which is shorter by that. The bytes after it are the same.
        nuint behind = full - format.FirstKeyOffset;
        return size >= behind && key.SequenceEqual(new ReadOnlySpan<byte>(blob + size - behind, key.Length));
    }

    /// <summary>Removes the cells after the kept ones, and the cell that the newest token will take. Does not touch rows.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="cells">The number of kept cells, including the newest token's.</param>
    /// <returns>Whether llama.cpp did it. If not, the sequence must be removed.</returns>
    public bool Trim(KvSequence sequence, int cells) =>
        context.SequenceRemove(sequence.Id, cells == 1 ? -1 : sequence.MaskPosition(cells - 1));

    /// <summary>Restores the newest token's cell after those that <see cref="Trim"/> kept.</summary>
    /// <returns>Whether llama.cpp did it. If not, the sequence must be removed.</returns>
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
