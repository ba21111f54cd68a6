using System.Runtime.InteropServices;
using System.Text;
using CurKv.Connector.Engine.Native;
using LLama.Native;

namespace CurKv.Connector.Engine;

/// <summary>A context for embeddings over LLamaSharp's handles. All sequences share one stream of cells, which every batch begins anew.</summary>
internal sealed unsafe class LlamaSharpEmbeddingContext : ILlamaEmbeddingContext
{
    private readonly SafeLlamaModelHandle _model;
    private readonly SafeLLamaContextHandle _context;
    private readonly NativeBatch _batch;

    public LlamaSharpEmbeddingContext(SafeLlamaModelHandle model, SafeLLamaContextHandle context, LlamaEmbeddingSettings settings)
    {
        _model = model;
        _context = context;
        Settings = settings;
        Dimensions = LlamaGaps.llama_model_n_embd_out(model.DangerousGetHandle());
        _batch = new NativeBatch(settings.BatchSize, ownSequences: true);

        // Pooling is over outputs.
        new Span<byte>(_batch.Value.logits, settings.BatchSize).Fill(1);
    }

    public LlamaEmbeddingSettings Settings { get; }

    public int Dimensions { get; }

    public int[] Tokenize(string text) => MemoryMarshal.Cast<LLamaToken, int>(_model.Tokenize(text, true, false, Encoding.UTF8)).ToArray();

    public float[][] Embed(ReadOnlySpan<int[]> texts)
    {
        // llama.cpp ends the process on a batch that is too large.
        ArgumentOutOfRangeException.ThrowIfGreaterThan(texts.Length, Settings.Sequences, nameof(texts));
        ObjectDisposedException.ThrowIf(_context.IsClosed, this);
        nint context = _context.DangerousGetHandle();
        ref LLamaNativeBatch batch = ref _batch.Value;
        Fill(ref batch, texts);

        // An encoder's model has no memory: llama.cpp has nothing to clear then, and encodes by itself.
        _context.MemoryClear();
        NativeLog.ClearErrors();
        int status = LlamaGaps.llama_decode(context, batch);
        if (status != 0)
        {
            throw new LlamaException($"llama.cpp could not embed {texts.Length} texts of {batch.n_tokens} tokens: it returned {status}. {NativeLog.LastErrors()}") { Fault = LlamaFault.BatchTooLarge };
        }

        float[][] vectors = new float[texts.Length][];
        for (int i = 0; i < vectors.Length; i++)
        {
            float* vector = LlamaGaps.llama_get_embeddings_seq(context, i);
            vectors[i] = vector == null
                ? throw new LlamaException($"llama.cpp gave no vector for a text. {NativeLog.LastErrors()}") { Fault = LlamaFault.NoVectors }
                : new ReadOnlySpan<float>(vector, Dimensions).ToArray();
        }

        return vectors;
    }

    public void Dispose()
    {
        _context.Dispose();
        _batch.Dispose();
    }

    private void Fill(ref LLamaNativeBatch batch, ReadOnlySpan<int[]> texts)
    {
        int at = 0;
        for (int sequence = 0; sequence < texts.Length; sequence++)
        {
            ArgumentOutOfRangeException.ThrowIfZero(texts[sequence].Length, nameof(texts));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(texts[sequence].Length, Settings.BatchSize - at, nameof(texts));
            for (int i = 0; i < texts[sequence].Length; i++, at++)
            {
                batch.tokens[at] = texts[sequence][i];
                batch.pos[at] = i;
                *batch.seq_id[at] = (LLamaSeqId)sequence;
            }
        }

        batch.n_tokens = at;
    }
}
