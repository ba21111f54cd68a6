using CurKv.Connector.Engine;
using CurKv.Connector.KvCache.Capture;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.KvCache.Paths;

/// <summary>The cache in llama.cpp's own memory, for the paths that do not copy the whole sequence.</summary>
/// <param name="capture">The capture, which has found all tensors.</param>
/// <param name="format">The context's blob format.</param>
/// <param name="model">The model's properties.</param>
internal sealed class LiveCache(KvCapture capture, KvStateFormat format, LlamaModelInfo model)
{
    /// <summary>The unsupported reason of a sequence whose tokens are in other cells than expected.</summary>
    public const string NotInOrder = "its tokens are not in order from the first cell on";

    /// <summary>The capture that found the cache's tensors.</summary>
    public KvCapture Capture => capture;

    /// <summary>The context's blob format.</summary>
    public KvStateFormat Format => format;

    /// <summary>The model's properties.</summary>
    public LlamaModelInfo Model => model;

    /// <summary>Why rows cannot be moved within the cache; null if they can. The same for all sequences.</summary>
    public string? MoveUnsupportedReason =>
        format.HasNonAttentionState ? "the model has non-attention state (a sliding window or recurrent state), which cannot be rewritten in place"
        : format.Streams > 1 ? "the cache has several streams, and the newest token's cell can only be moved through a second sequence in the same stream"
        : null;

    /// <summary>Why a sequence cannot be viewed, judged by the cell of its newest token, as far as the host knows it; null if it can.</summary>
    /// <remarks>Tokens fill a fresh stream from its first cell on. If the newest one is in another cell than expected, the others are too.</remarks>
    public string? OrderUnsupportedReason(KvSequence sequence) =>
        capture.LastCell == capture.ExpectedLastCell(sequence.Id, sequence.Cells) ? null : NotInOrder;

    /// <summary>The keys and values of a sequence whose tokens are in order from its stream's first cell on.</summary>
    public KvLayerTensors[] View(KvSequence sequence) => View(sequence.Id, sequence.Cells);

    /// <summary>The keys and values in a stream's first cells.</summary>
    public KvLayerTensors[] View(int stream, int cells) => capture.View(stream, cells, format, format.KvHeads, model.KeyDimension, model.ValueDimension);
}
