using CurKv.Connector.Engine;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache.Paths;

/// <summary>
/// Moves the kept rows to the first cells within the live cache: nothing but the newest token's cell is copied out of it. Plain
/// attention with one stream only: a sliding window's cells would be taken for the base block's, and recurrent state cannot be cut.
/// </summary>
internal sealed class InPlacePath(ILlamaContext context, LiveCache live) : IKvPath, IDisposable
{
    private readonly NewestCell _newest = new(context, live.Format);

    public KvRewritePath Kind => KvRewritePath.InPlace;

    public string? Obstacle(KvSequence sequence, bool readsRows) => live.MovingObstacle ?? live.OrderObstacle(sequence);

    public KvLayerTensors[] View(KvSequence sequence) => live.View(sequence);

    public bool Rewrite(KvSequence sequence, KvLayerTensors[] view, KvSelection selection)
    {
        _newest.Take(sequence, view, sequence.Cells - 1);

        // llama.cpp takes its time to remove many cells, and looks at none of their rows meanwhile.
        Task gather = Task.Run(() => Parallel.For(0, 2 * view.Length, block => RowGather.InPlace(block % 2 == 0 ? view[block / 2].Keys : view[block / 2].Values, selection, block / 2)));
        bool isTrimmed = _newest.Trim(sequence, selection.Cells);
        gather.GetAwaiter().GetResult();
        return isTrimmed && _newest.PutBack(sequence);
    }

    public void Dispose() => _newest.Dispose();
}
