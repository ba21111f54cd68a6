using CurKv.Connector.Engine;
using CurKv.KvPolicy;
using Microsoft.Extensions.Logging;

namespace CurKv.Connector.KvCache;

/// <summary>
/// The self-test of a new context: decodes a few tokens, parses their blob to its exact size, and compares the captured tensors
/// with it byte for byte. What it finds decides whether and how the cache can be compressed.
/// </summary>
internal sealed unsafe partial class KvCacheProbe
{
    private const int ProbeTokens = 4;

    private KvCacheProbe(KvStateFormat? format, bool captureWorks, bool queriesWork, string? refusal)
    {
        Format = format;
        CaptureWorks = captureWorks;
        QueriesWork = queriesWork;
        Refusal = refusal;
    }

    /// <summary>The context's blob format; null where the cache cannot be compressed.</summary>
    public KvStateFormat? Format { get; }

    /// <summary>Whether the live tensors hold what a blob does, on the host or on a device.</summary>
    public bool CaptureWorks { get; }

    /// <summary>Whether every layer's queries can be observed.</summary>
    public bool QueriesWork { get; }

    /// <summary>Why the cache cannot be compressed; null where it can.</summary>
    public string? Refusal { get; }

    /// <summary>Runs the self-test in sequence 0, which is empty before and after it.</summary>
    public static KvCacheProbe Run(ILlamaContext context, LlamaModelInfo model, KvCapture? capture, QueryCapture? queries, ILogger logger)
    {
        if (!model.HasRotaryPositions)
        {
            return Refuse("its positions are not rotated into the keys (ALiBi or learned positions), so cells cannot change places");
        }

        if (model.IsRecurrent)
        {
            return Refuse("it is recurrent or hybrid, and its state is more than attention's keys and values");
        }

        Span<int> tokens = stackalloc int[ProbeTokens];
        for (int i = 0; i < tokens.Length; i++)
        {
            tokens[i] = i % model.VocabularySize;
        }

        using var buffer = new NativeBuffer();
        try
        {
            queries?.Start(ProbeTokens);
            DecodeStatus status = context.Decode(tokens, 0, 0, logits: false);
            queries?.Stop();
            if (status != DecodeStatus.Ok)
            {
                return Refuse("llama.cpp refused the self-test's tokens");
            }

            context.Synchronize();
            nuint size = context.StateSize(0);
            byte* data = buffer.Reserve(size);
            KvStateBlob? blob = context.StateGet(0, data, size) == size ? KvStateBlob.TryParse(data, size) : null;
            if (blob is null || !Fits(blob, model))
            {
                return Refuse("its cache is laid out in a way that is not supported (sliding windows, several parts, multi-dimensional positions, or compressed keys)");
            }

            bool captureWorks = capture is { IsFound: true } && SameBytes(blob, capture, model);
            if (capture is not null && !captureWorks)
            {
                LogCaptureDisabled(logger);
            }

            bool queriesWork = queries is not null && Enumerable.Range(0, model.Layers).All(layer => queries.Take(layer, ProbeTokens, null) is not null);
            return new KvCacheProbe(blob.Format, captureWorks, queriesWork, null);
        }
        finally
        {
            context.SequenceRemove(0);
        }
    }

    private static KvCacheProbe Refuse(string why) => new(null, false, false, why);

    private static bool Fits(KvStateBlob blob, LlamaModelInfo model)
    {
        if (blob.Cells != ProbeTokens || blob.Format.Layers.Count != model.Layers)
        {
            return false;
        }

        foreach (KvLayerFormat layer in blob.Format.Layers)
        {
            if (layer.KeyRowBytes != KvTensor.SliceBytesOf(layer.KeyType, model.KeyDimension * model.KvHeads)
                || layer.ValueChannels != model.ValueDimension * model.KvHeads)
            {
                return false;
            }
        }

        return true;
    }

    private static bool SameBytes(KvStateBlob blob, KvCapture capture, LlamaModelInfo model)
    {
        if (!capture.IsOnDevice && capture.LastCell != capture.ExpectedLastCell(0, ProbeTokens))
        {
            return false;
        }

        KvLayerTensors[] stored = blob.View(model.KvHeads, model.KeyDimension, model.ValueDimension);
        KvLayerTensors[] live = capture.View(0, ProbeTokens, blob.Format, model.KvHeads, model.KeyDimension, model.ValueDimension);
        for (int i = 0; i < model.Layers; i++)
        {
            if (!SameRows(stored[i].Keys, live[i].Keys, capture, capture.Keys(i)) || !SameRows(stored[i].Values, live[i].Values, capture, capture.Values(i)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool SameRows(KvTensor stored, KvTensor live, KvCapture capture, GgmlTensor* tensor)
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
            capture.ReadRow(tensor, live, row, bytes);
            if (!new Span<byte>(stored.Data + (row * stored.RowBytes), rowBytes).SequenceEqual(bytes))
            {
                return false;
            }
        }

        return true;
    }

    [LoggerMessage(LogLevel.Warning, "The captured cache tensors disagree with llama.cpp's state blob; compression copies the whole sequence instead (state path).")]
    private static partial void LogCaptureDisabled(ILogger logger);
}
