using CurKv.Connector.Engine;

namespace CurKv.Connector.Tests.KvCache;

/// <summary>A real context that does not take blobs back, or gives tails that are not a blob's.</summary>
internal sealed unsafe class RefusingContext(ILlamaContext context) : ILlamaContext
{
    /// <summary>Bytes that blobs are short of, so that llama.cpp itself refuses them, and leaves cells registered.</summary>
    public nuint CutOff { get; init; } = 100;

    /// <summary>Whether a non-attention state that is asked for alone has a wrong byte.</summary>
    public bool DamagesNonAttentionState { get; init; }

    public LlamaContextSettings Settings => context.Settings;

    public EvalHookSwitch? HookSwitch => context.HookSwitch;

    public DecodeStatus Decode(ReadOnlySpan<int> tokens, int position, int sequence, bool logits) => context.Decode(tokens, position, sequence, logits);

    public ReadOnlySpan<float> Logits() => context.Logits();

    public void Synchronize() => context.Synchronize();

    public bool SequenceRemove(int sequence, int from = -1, int to = -1) => context.SequenceRemove(sequence, from, to);

    public void SequenceCopy(int from, int to, int start = -1) => context.SequenceCopy(from, to, start);

    public (int Min, int Max) SequenceRange(int sequence) => context.SequenceRange(sequence);

    public nuint StateSize(int sequence) => context.StateSize(sequence);

    public nuint StateGet(int sequence, byte* destination, nuint size) => context.StateGet(sequence, destination, size);

    public nuint NonAttentionStateSize(int sequence) => context.NonAttentionStateSize(sequence);

    public nuint NonAttentionStateGet(int sequence, byte* destination, nuint size)
    {
        nuint written = context.NonAttentionStateGet(sequence, destination, size);
        destination[size - 1] ^= DamagesNonAttentionState ? (byte)1 : (byte)0;
        return written;
    }

    public nuint StateSet(int sequence, byte* source, nuint size) => context.StateSet(sequence, source, size - CutOff);

    public int Sample(ILlamaSampler sampler) => context.Sample(sampler);

    public void Dispose()
    {
    }
}
