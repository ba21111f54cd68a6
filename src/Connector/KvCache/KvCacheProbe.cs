using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache.Capture;
using CurKv.Connector.KvCache.State;
using CurKv.Connector.Scheduling;
using CurKv.KvPolicy.Cache;
using Microsoft.Extensions.Logging;

namespace CurKv.Connector.KvCache;

/// <summary>
/// The self-test of a new context: decodes a few tokens, parses their blob to its exact size, and compares the captured tensors
/// with it byte for byte. The result decides whether and how the cache can be compressed.
/// </summary>
internal sealed unsafe partial class KvCacheProbe
{
    private const int ProbeTokens = 4;
    private const int QueryTokens = 2;

    private KvCacheProbe(KvStateFormat? format, bool captureWorks, bool queriesWork, string? unsupportedReason)
    {
        Format = format;
        CaptureWorks = captureWorks;
        QueriesWork = queriesWork;
        UnsupportedReason = unsupportedReason;
    }

    /// <summary>The context's blob format; null if the cache cannot be compressed.</summary>
    public KvStateFormat? Format { get; }

    /// <summary>
    /// Whether the live tensors, on the host or on a device, hold the same bytes as a blob, and the non-attention state (if there is one)
    /// can be read without the base block.
    /// </summary>
    public bool CaptureWorks { get; }

    /// <summary>Whether the queries of all the base block's layers can be observed.</summary>
    public bool QueriesWork { get; }

    /// <summary>Why the cache cannot be compressed; null if it can.</summary>
    public string? UnsupportedReason { get; }

    /// <summary>Runs the self-test in sequence 0, which must be empty and is empty afterwards.</summary>
    public static KvCacheProbe Run(ILlamaContext context, LlamaModelInfo model, KvCapture? capture, QueryCapture? queries, ILogger logger)
    {
        KvCacheProbe probe = Test(context, model, capture, queries, logger);
        if (probe.Format is null)
        {
            // Later graphs need not be searched.
            capture?.Settle([], model);
            queries?.Restrict([]);
        }

        return probe;
    }

    private static KvCacheProbe Test(ILlamaContext context, LlamaModelInfo model, KvCapture? capture, QueryCapture? queries, ILogger logger)
    {
        if (model.IsRecurrent)
        {
            return Unsupported("the model is recurrent: it has no attention, and one state for all tokens");
        }

        // Hybrids without rotary positions have no positions at all: the recurrent layers know the order.
        if (!model.HasRotaryPositions && !model.IsHybrid)
        {
            return Unsupported("its positions are not rotated into the keys (ALiBi or learned positions), so cells cannot be reordered");
        }

        Span<int> tokens = stackalloc int[ProbeTokens];
        for (int i = 0; i < tokens.Length; i++)
        {
            tokens[i] = i % model.VocabularySize;
        }

        using var buffer = new NativeBuffer();
        try
        {
            // The first tokens show the graph. The others show whether queries can be read from it.
            DecodeStatus first = context.Decode(tokens[..^QueryTokens], 0, 0, logits: false);
            queries?.Start(QueryTokens);
            DecodeStatus second = context.Decode(tokens[^QueryTokens..], ProbeTokens - QueryTokens, 0, logits: false);
            queries?.Stop();
            if ((first, second) != (DecodeStatus.Ok, DecodeStatus.Ok))
            {
                return Unsupported("llama.cpp could not decode the self-test's tokens");
            }

            context.Synchronize();
            nuint size = context.StateSize(0);
            byte* data = buffer.Reserve(size);
            KvStateBlob? blob = context.StateGet(0, data, size) == size ? KvStateBlob.TryParse(data, size) : null;
            if (blob is null || Heads(blob, model) is not int heads)
            {
                return Unsupported("the layout of its cache is not supported (multi-dimensional positions, compressed keys, or layers with different numbers of heads)");
            }

            IReadOnlyList<int>? layers = capture?.Find(blob) ?? (blob.Format.Layers.Count == model.Layers ? [.. Enumerable.Range(0, model.Layers)] : null);
            capture?.Settle(layers ?? [], model);
            bool captureWorks = capture is { IsFound: true } && SameBytes(blob, capture, model, heads) && SameNonAttentionState(blob, context);
            if (capture is not null && !captureWorks)
            {
                LogCaptureDisabled(logger);
            }

            bool queriesWork = queries is not null && layers is not null && layers.All(layer => queries.Take(layer, QueryTokens, null) is not null);
            queries?.Restrict(layers ?? []);
            return new KvCacheProbe(blob.Format with { ModelLayers = layers, KvHeads = heads }, captureWorks, queriesWork, null);
        }
        finally
        {
            context.SequenceRemove(0);
        }
    }

    private static KvCacheProbe Unsupported(string why) => new(null, false, false, why);

    /// <summary>The number of KV heads, computed from the rows of the base block's layers; null if a layer's rows do not have the model's dimensions.</summary>
    private static int? Heads(KvStateBlob blob, LlamaModelInfo model)
    {
        int heads = model.ValueDimension > 0 ? blob.Format.Layers[0].ValueChannels / model.ValueDimension : 0;
        bool fits = heads > 0 && model.QueryHeads % heads == 0 && blob.Cells == ProbeTokens && blob.LastPosition == ProbeTokens - 1
            && blob.Format.Layers.Count <= model.Layers
            && blob.Format.Layers.All(layer => layer.KeyRowBytes == KvTensor.SliceBytesOf(layer.KeyType, model.KeyDimension * heads)
                && layer.ValueChannels == model.ValueDimension * heads);
        return fits ? heads : null;
    }

    private static bool SameBytes(KvStateBlob blob, KvCapture capture, LlamaModelInfo model, int heads)
    {
        if (!capture.IsOnDevice && capture.LastCell != capture.ExpectedLastCell(0, ProbeTokens))
        {
            return false;
        }

        KvLayerTensors[] stored = blob.View(heads, model.KeyDimension, model.ValueDimension);
        KvLayerTensors[] live = capture.View(0, ProbeTokens, blob.Format, heads, model.KeyDimension, model.ValueDimension);
        for (int i = 0; i < stored.Length; i++)
        {
            if (!SameRows(stored[i].Keys, live[i].Keys, capture.Keys(i)) || !SameRows(stored[i].Values, live[i].Values, capture.Values(i)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether the non-attention state that llama.cpp returns alone equals that of the whole blob.</summary>
    private static bool SameNonAttentionState(KvStateBlob blob, ILlamaContext context)
    {
        if (!blob.Format.HasNonAttentionState)
        {
            return true;
        }

        using var reader = new NonAttentionStateReader(context, blob.Format);
        return context.NonAttentionStateSize(0) == blob.NonAttentionState.Bytes + KvStateFormat.HeadBytes && reader.Read(0).HasBytesOf(blob.NonAttentionState);
    }

    private static bool SameRows(KvTensor stored, KvTensor live, GgmlTensor* tensor)
    {
        bool byToken = stored.Layout == KvLayout.TokenMajor;
        int rows = byToken ? stored.Tokens : stored.Heads * stored.HeadDimension;
        int rowBytes = byToken ? stored.SliceBytes * stored.Heads : KvTensor.SliceBytesOf(stored.Type, 1) * stored.Tokens;
        if (live.Type != stored.Type || live.RowBytes < rowBytes)
        {
            return false;
        }

        var bytes = new byte[rowBytes];
        for (int row = 0; row < rows; row++)
        {
            KvCapture.ReadRow(tensor, live, row, bytes);
            if (!new Span<byte>(stored.Data + (row * stored.RowBytes), rowBytes).SequenceEqual(bytes))
            {
                return false;
            }
        }

        return true;
    }

    [LoggerMessage(LogLevel.Warning, "The captured cache tensors differ from llama.cpp's state blob. Compression copies the whole sequence instead (state path).")]
    private static partial void LogCaptureDisabled(ILogger logger);
}
