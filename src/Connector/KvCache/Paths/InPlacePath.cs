using CurKv.Connector.Engine;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache.Paths;

/// <summary>
/// Moves the kept rows to the first cells of the live cache: only the newest token's cell is copied out of it. For full attention with
/// one stream only: a sliding window's cells would be corrupted, and recurrent state cannot be removed partly.
/// </summary>
internal sealed class InPlacePath(ILlamaContext context, LiveCache live) : IKvPath, IDisposable
{
    private readonly NewestCell _newest = new(context, live.Format);

    public KvRewritePath Kind => KvRewritePath.InPlace;

    public string? UnsupportedReason(KvSequence sequence, bool readsRows) => live.MoveUnsupportedReason ?? live.OrderUnsupportedReason(sequence);

    public KvLayerTensors[] View(KvSequence sequence) => live.View(sequence);

    public bool Rewrite(KvSequence sequence, KvLayerTensors[] view, KvSelection selection)
    {
        _newest.Take(sequence, view, sequence.Cells - 1);

        // llama.cpp is slow to remove many cells, and does not touch their rows meanwhile.
        Task gather = Task.Run(() => Parallel.For(0, 2 * view.Length, block => RowGather.InPlace(block % 2 == 0 ? view[block / 2].Keys : view[block / 2].Values, selection, block / 2)));
        bool isTrimmed = _newest.Trim(sequence, selection.Cells);
        gather.GetAwaiter().GetResult();
        return isTrimmed && _newest.PutBack(sequence);
    }

    public void Dispose() => _newest.Dispose();
}
