using CurKv.Connector.Engine;
using CurKv.KvPolicy;

namespace CurKv.Connector.KvCache;

/// <summary>
/// Moves the kept rows to the first cells within the live cache: nothing but the newest token's cell is copied out of it. Plain
/// attention with one stream only: a sliding window's cells would be taken for the base block's, and recurrent state cannot be cut.
/// </summary>
internal sealed class InPlacePath(ILlamaContext context, LlamaModelInfo model, KvStateFormat format, KvCapture capture) : IKvPath, IDisposable
{
    private readonly NewestCell _newest = new(context, format);

    public KvRewritePath Kind => KvRewritePath.InPlace;

    public string? Obstacle(KvSequence sequence, bool readsRows) =>
        format.Streams > 1 ? "the cache has several streams, and the newest token's cell can move only within one that holds two sequences"
        : capture.LastCell != capture.ExpectedLastCell(sequence.Id, sequence.Cells) ? "its tokens do not lie in order from the first cell on"
        : null;

    public KvLayerTensors[] View(KvSequence sequence) =>
        capture.View(sequence.Id, sequence.Cells, format, format.KvHeads, model.KeyDimension, model.ValueDimension);

    public bool Rewrite(KvSequence sequence, KvLayerTensors[] view, KvSelection selection)
    {
        _newest.Take(sequence, view, sequence.Cells - 1);
        Parallel.For(0, 2 * view.Length, block => RowGather.InPlace(block % 2 == 0 ? view[block / 2].Keys : view[block / 2].Values, selection, block / 2));
        return _newest.PutBack(sequence, selection.Cells);
    }

    public void Dispose() => _newest.Dispose();
}
