using CurKv.Connector.Engine;
using CurKv.KvPolicy;

namespace CurKv.Connector.KvCache;

/// <summary>Reads the live cache where it lies, and copies the kept rows only, and the tail.</summary>
internal sealed class CraftPath(ILlamaContext context, LlamaModelInfo model, KvStateFormat format, KvCapture capture, HostMemory memory) : IKvPath, IDisposable
{
    private readonly CraftedState _crafted = new(context, format, memory);
    private readonly TailReader _tail = new(context, format);

    public KvRewritePath Kind => KvRewritePath.Craft;

    // Tokens fill a fresh stream from its first cell on. If the newest one is not where that puts it, the tokens lie elsewhere.
    public string? Obstacle(KvSequence sequence, bool readsRows) =>
        capture.LastCell == capture.ExpectedLastCell(sequence.Id, sequence.Cells) ? null : "its tokens do not lie in order from the first cell on";

    public KvLayerTensors[] View(KvSequence sequence) =>
        capture.View(sequence.Id, sequence.Cells, format, format.KvHeads, model.KeyDimension, model.ValueDimension);

    public bool Rewrite(KvSequence sequence, KvLayerTensors[] view, KvSelection selection) =>
        _crafted.Replace(sequence, view, selection, _tail.Read(sequence.Id));

    public void Dispose()
    {
        _crafted.Dispose();
        _tail.Dispose();
    }
}
