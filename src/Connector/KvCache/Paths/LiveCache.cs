using CurKv.Connector.Engine;
using CurKv.Connector.KvCache.Capture;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.KvCache.Paths;

/// <summary>The cache where llama.cpp keeps it, as the paths use it that copy no whole sequence out of it.</summary>
/// <param name="capture">Has found all tensors.</param>
/// <param name="format">The context's blob format.</param>
/// <param name="model">The model's facts.</param>
internal sealed class LiveCache(KvCapture capture, KvStateFormat format, LlamaModelInfo model)
{
    /// <summary>The obstacle of a sequence that is viewed in the wrong cells.</summary>
    public const string NotInOrder = "its tokens do not lie in order from the first cell on";

    /// <summary>What found the cache's tensors.</summary>
    public KvCapture Capture => capture;

    /// <summary>The context's blob format.</summary>
    public KvStateFormat Format => format;

    /// <summary>The model's facts.</summary>
    public LlamaModelInfo Model => model;

    /// <summary>Why cells cannot be moved within the cache; null where they can. The same for all sequences.</summary>
    public string? MovingObstacle =>
        format.HasTail ? "the model keeps more than attention to all tokens (a sliding window, a recurrent state), whose cells would be moved by mistake or not at all"
        : format.Streams > 1 ? "the cache has several streams, and the newest token's cell can move only within one that holds two sequences"
        : null;

    /// <summary>Why a sequence cannot be viewed, as far as the host can tell where its newest token lies; null where it can.</summary>
    /// <remarks>Tokens fill a fresh stream from its first cell on. If the newest one is not where that puts it, the tokens lie elsewhere.</remarks>
    public string? OrderObstacle(KvSequence sequence) =>
        capture.LastCell == capture.ExpectedLastCell(sequence.Id, sequence.Cells) ? null : NotInOrder;

    /// <summary>The keys and values of a sequence whose tokens lie in order from its stream's first cell on.</summary>
    public KvLayerTensors[] View(KvSequence sequence) => View(sequence.Id, sequence.Cells);

    /// <summary>The keys and values in a stream's first cells.</summary>
    public KvLayerTensors[] View(int stream, int cells) => capture.View(stream, cells, format, format.KvHeads, model.KeyDimension, model.ValueDimension);
}
