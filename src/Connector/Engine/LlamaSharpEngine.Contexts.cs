using System.Globalization;
using CurKv.Connector.Engine.Native;
using CurKv.KvPolicy.Cache;
using LLama.Native;

namespace CurKv.Connector.Engine;

/// <content>Creates contexts, once it is clear that there is memory for them.</content>
internal sealed unsafe partial class LlamaSharpEngine
{
    public ILlamaContext CreateContext(LlamaContextSettings settings, IEvalHook? hook)
    {
        ObjectDisposedException.ThrowIf(_model.IsClosed, this);
        CheckMemory(settings);
        EvalCallback? callback = hook is null ? null : new EvalCallback(hook);
        LLamaContextParams parameters = LLamaContextParams.Default();
        parameters.n_ctx = checked((uint)(settings.ContextSize * settings.Sequences));
        parameters.n_batch = (uint)settings.BatchSize;
        parameters.n_ubatch = (uint)settings.BatchSize;
        parameters.n_seq_max = (uint)settings.Sequences;
        parameters.n_threads = settings.Threads;
        parameters.n_threads_batch = settings.Threads;
        parameters.llama_flash_attn_type = settings.FlashAttention switch
        {
            FlashAttentionMode.On => LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_ENABLED,
            FlashAttentionMode.Off => LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_DISABLED,
            _ => LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_AUTO,
        };
        parameters.type_k = (GGMLType)settings.KeyType;
        parameters.type_v = (GGMLType)settings.ValueType;
        parameters.cb_eval = callback is null ? 0 : EvalCallback.Function;
        parameters.cb_eval_user_data = callback?.UserData ?? 0;

        // A stream of cells for each sequence: what one conversation does leaves the others bit-identical.
        parameters.kv_unified = false;
        NativeLog.ClearErrors();
        SafeLLamaContextHandle context = SafeLLamaContextHandle.Create(_model, parameters);
        if (context.IsInvalid)
        {
            context.Dispose();
            callback?.Dispose();
            throw new LlamaModelException(
                Model.Path,
                $"No context of {settings.ContextSize} x {settings.Sequences} cells could be created for '{Model.Path}'. {NativeLog.LastErrors()}")
            { Fault = LlamaFault.ContextRefused };
        }

        return new LlamaSharpContext(context, settings, callback);
    }

    public ILlamaEmbeddingContext CreateEmbeddingContext(LlamaEmbeddingSettings settings)
    {
        ObjectDisposedException.ThrowIf(_model.IsClosed, this);
        LLamaPoolingType pooling = Pooling(settings.Pooling);

        // Of a chat model, llama.cpp computes logits for every token that is pooled. Without FlashAttention each token's weights for all
        // others are computed at once.
        double rows = (double)settings.BatchSize * sizeof(float) * (Model.VocabularySize + _model.EmbeddingSize + ((double)settings.BatchSize * Model.QueryHeads));
        ThrowIfTooLarge(
            CacheBytes(new LlamaContextSettings { ContextSize = settings.BatchSize }) + rows,
            isTooMany: false, $"A batch of {settings.BatchSize:N0} tokens", LlamaFault.BatchTooLarge);
        LLamaContextParams parameters = LLamaContextParams.Default();
        (parameters.n_ctx, parameters.n_batch, parameters.n_ubatch) = ((uint)settings.BatchSize, (uint)settings.BatchSize, (uint)settings.BatchSize);
        parameters.n_seq_max = (uint)settings.Sequences;
        (parameters.n_threads, parameters.n_threads_batch) = (settings.Threads, settings.Threads);
        (parameters.embeddings, parameters.kv_unified) = (true, true);
        parameters.llama_pooling_type = pooling;

        // On the CPU, FlashAttention rounds as the batch happens to lie: a text's vector would differ by a percent from batch to batch.
        parameters.llama_flash_attn_type = SupportsGpu ? LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_AUTO : LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_DISABLED;
        NativeLog.ClearErrors();
        SafeLLamaContextHandle context = SafeLLamaContextHandle.Create(_model, parameters);
        if (context.IsInvalid)
        {
            context.Dispose();
            throw new LlamaModelException(
                Model.Path,
                $"No context for embeddings of {settings.BatchSize} tokens could be created for '{Model.Path}'. {NativeLog.LastErrors()}")
            { Fault = LlamaFault.BatchTooLarge };
        }

        return new LlamaSharpEmbeddingContext(_model, context, settings);
    }

    private LLamaPoolingType Pooling(LlamaPooling pooling)
    {
        if (_model is { HasEncoder: true, HasDecoder: true })
        {
            throw NoVectors("an encoder that feeds a decoder, whose vectors llama.cpp does not give");
        }

        LLamaPoolingType own = (LLamaPoolingType)(Model.PoolingType ?? (int)LLamaPoolingType.None);
        return pooling switch
        {
            LlamaPooling.Mean => LLamaPoolingType.Mean,
            LlamaPooling.Cls => LLamaPoolingType.CLS,
            LlamaPooling.Last => LLamaPoolingType.Last,
            _ when own == LLamaPoolingType.Rank => throw NoVectors("a reranker: it scores pairs of texts"),
            _ => own == LLamaPoolingType.None ? LLamaPoolingType.Mean : own,
        };

        LlamaModelException NoVectors(string why) => new(Model.Path, $"'{Model.Path}' is {why}.") { Fault = LlamaFault.NoVectors };
    }

    // llama.cpp takes as much memory as it is told to, and the system ends the process that touches what is not there.
    private void CheckMemory(LlamaContextSettings settings)
    {
        long cells = (long)settings.ContextSize * settings.Sequences;
        ThrowIfTooLarge(CacheBytes(settings), cells > int.MaxValue, $"A KV cache of {cells:N0} cells", LlamaFault.CacheTooLarge);
    }

    // Of a hybrid's layers only some have cells, and not every file says which.
    private double CacheBytes(LlamaContextSettings settings) => Model.IsHybrid ? 0 : (double)settings.ContextSize * settings.Sequences * Model.Layers * Model.KvHeads
        * (RowBytes(settings.KeyType, Model.KeyDimension) + RowBytes(settings.ValueType, Model.ValueDimension));

    private void ThrowIfTooLarge(double bytes, bool isTooMany, string what, LlamaFault fault)
    {
        // With a limit on the managed heap the runtime tells that limit, which says nothing about native memory.
        bool heapIsLimited = GC.GetConfigurationVariables().TryGetValue("GCHeapHardLimit", out object? limit) && Convert.ToInt64(limit, CultureInfo.InvariantCulture) > 0;
        long available = heapIsLimited ? long.MaxValue : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (isTooMany || (!SupportsGpu && bytes > available))
        {
            throw new LlamaModelException(
                Model.Path,
                $"{what} takes {bytes / (1L << 30):N1} GiB, more than the {available / (double)(1L << 30):N1} GiB that there are.")
            { Fault = fault };
        }
    }

    // A row's share of a block may be a part of it here: this is an estimate.
    private static double RowBytes(KvElementType type, int elements) => KvTensor.SliceBytesOf(type, 32) / 32.0 * elements;
}
