using CurKv.Connector.Engine.Native;
using LLama.Native;

namespace CurKv.Connector.Engine;

/// <summary>A context over LLamaSharp's handle. Its batch arrays are made once: decoding a token allocates nothing.</summary>
internal sealed unsafe class LlamaSharpContext : ILlamaContext
{
    // LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY, also known as SWA_ONLY.
    private const uint PartialOnly = 1;

    private readonly SafeLLamaContextHandle _context;
    private readonly EvalCallback? _callback;
    private readonly NativeBatch _batch;
    private (int Tokens, int Outputs) _lastShape;

    public LlamaSharpContext(SafeLLamaContextHandle context, LlamaContextSettings settings, EvalCallback? callback)
    {
        _context = context;
        _callback = callback;
        Settings = settings;
        HookSwitch = callback is null ? null : EvalHookSwitch.Find(context, callback);
        _batch = new NativeBatch(settings.BatchSize, ownSequences: false);
    }

    public LlamaContextSettings Settings { get; }

    public EvalHookSwitch? HookSwitch { get; }

    private SafeLLamaContextHandle Context
    {
        get
        {
            ObjectDisposedException.ThrowIf(_context.IsClosed, this);
            return _context;
        }
    }

    private nint Handle => Context.DangerousGetHandle();

    public DecodeStatus Decode(ReadOnlySpan<int> tokens, int position, int sequence, bool logits)
    {
        // llama.cpp ends the process on a batch that is too large.
        ArgumentOutOfRangeException.ThrowIfZero(tokens.Length, nameof(tokens));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens.Length, Settings.BatchSize, nameof(tokens));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(sequence, Settings.Sequences);
        ref LLamaNativeBatch batch = ref _batch.Value;
        *batch.seq_id[0] = (LLamaSeqId)sequence;
        for (int i = 0; i < tokens.Length; i++)
        {
            batch.tokens[i] = tokens[i];
            batch.pos[i] = position + i;
        }

        // A graph of the last one's shape would be used again, with or without the hook as it was: one more output changes the shape.
        int outputs = logits ? 1 : 0;
        bool reshape = HookSwitch?.TakeChange() == true && _lastShape == (tokens.Length, outputs);
        int last = tokens.Length - 1;
        batch.n_tokens = tokens.Length;
        batch.logits[0] = reshape ? (byte)1 : (byte)0;
        batch.logits[last] = logits ? (byte)1 : batch.logits[last];
        int status = LlamaGaps.llama_decode(Handle, batch);
        (batch.logits[0], batch.logits[last]) = (0, 0);
        _lastShape = (tokens.Length, reshape ? outputs + 1 : outputs);
        return (DecodeStatus)status;
    }

    public ReadOnlySpan<float> Logits() => Context.GetLogitsIth(-1);

    public void Synchronize() => Context.Synchronize();

    public bool SequenceRemove(int sequence, int from = -1, int to = -1) =>
        LlamaGaps.llama_memory_seq_rm(LlamaGaps.llama_get_memory(Handle), sequence, from, to);

    public void SequenceCopy(int from, int to, int start = -1)
    {
        // Across streams llama.cpp ends the process unless whole buffers are meant.
        ArgumentOutOfRangeException.ThrowIfNotEqual(Settings.Sequences, 1);
        Context.MemorySequenceCopy((LLamaSeqId)from, (LLamaSeqId)to, start, -1);
    }

    public (int Min, int Max) SequenceRange(int sequence) => (
        (int)Context.MemorySequenceMinPosition((LLamaSeqId)sequence),
        (int)Context.MemorySequenceMaxPosition((LLamaSeqId)sequence));

    public nuint StateSize(int sequence) => LlamaGaps.llama_state_seq_get_size_ext(Handle, sequence, 0);

    public nuint StateGet(int sequence, byte* destination, nuint size) =>
        LlamaGaps.llama_state_seq_get_data_ext(Handle, destination, size, sequence, 0);

    public nuint NonAttentionStateSize(int sequence) => LlamaGaps.llama_state_seq_get_size_ext(Handle, sequence, PartialOnly);

    public nuint NonAttentionStateGet(int sequence, byte* destination, nuint size) =>
        LlamaGaps.llama_state_seq_get_data_ext(Handle, destination, size, sequence, PartialOnly);

    public nuint StateSet(int sequence, byte* source, nuint size) =>
        LlamaGaps.llama_state_seq_set_data_ext(Handle, source, size, sequence, 0);

    public int Sample(ILlamaSampler sampler) => ((LlamaSharpSampler)sampler).Sample(Logits());

    public void Dispose()
    {
        // The context goes first: it calls back until it is gone.
        _context.Dispose();
        _callback?.Dispose();
        _batch.Dispose();
    }
}
