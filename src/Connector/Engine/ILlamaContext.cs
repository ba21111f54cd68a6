namespace CurKv.Connector.Engine;

/// <summary>A KV cache over a model. Not thread-safe: one thread owns it. Callers stay within the settings' sizes.</summary>
internal unsafe interface ILlamaContext : IDisposable
{
    /// <summary>A sequence beside all that a context is created for: it shares the cells of sequence 0 where there is one stream, and is not known where there are several.</summary>
    const int ScratchSequence = 255;

    /// <summary>What the context was created with.</summary>
    LlamaContextSettings Settings { get; }

    /// <summary>Takes the hook away and gives it back; null where there is no hook, or it was not found.</summary>
    EvalHookSwitch? HookSwitch { get; }

    /// <summary>Computes tokens and caches their keys and values.</summary>
    /// <param name="tokens">At most <see cref="LlamaContextSettings.BatchSize"/> tokens.</param>
    /// <param name="position">The first token's position; the sequence's highest one plus 1.</param>
    /// <param name="sequence">The sequence.</param>
    /// <param name="logits">Whether the last token's logits are wanted.</param>
    DecodeStatus Decode(ReadOnlySpan<int> tokens, int position, int sequence, bool logits);

    /// <summary>The logits of the last decoded token, valid until the next decode.</summary>
    ReadOnlySpan<float> Logits();

    /// <summary>Waits until all computation is finished.</summary>
    void Synchronize();

    /// <summary>Removes a sequence's cells with positions from <paramref name="from"/> up to, not including, <paramref name="to"/>; −1 is the end.</summary>
    bool SequenceRemove(int sequence, int from = -1, int to = -1);

    /// <summary>Lets a sequence share another one's cells with positions from <paramref name="start"/> on. Both have to be in one stream.</summary>
    void SequenceCopy(int from, int to, int start = -1);

    /// <summary>The lowest and the highest cached position; −1 for both where the sequence is empty.</summary>
    (int Min, int Max) SequenceRange(int sequence);

    /// <summary>The size of a sequence's state blob, in bytes.</summary>
    nuint StateSize(int sequence);

    /// <summary>Writes a sequence's state blob and returns its size; 0 where it failed.</summary>
    nuint StateGet(int sequence, byte* destination, nuint size);

    /// <summary>
    /// The size of what follows the base block in a sequence's blob, in bytes, with a blob's head before it: sliding windows' cells and
    /// recurrent state. Only for models that have such; others give their whole blob.
    /// </summary>
    nuint NonAttentionStateSize(int sequence);

    /// <summary>Writes what <see cref="NonAttentionStateSize"/> measures and returns its size; 0 where it failed.</summary>
    nuint NonAttentionStateGet(int sequence, byte* destination, nuint size);

    /// <summary>Restores a sequence from a blob and returns the bytes read; 0 where it failed, and then the sequence must be removed.</summary>
    nuint StateSet(int sequence, byte* source, nuint size);

    /// <summary>Draws the next token from the logits of the last decoded one.</summary>
    /// <param name="sampler">What <see cref="ILlamaEngine.CreateSampler"/> made, of the same engine.</param>
    /// <exception cref="LlamaGrammarException">No token continues what the sampler's grammar allows.</exception>
    int Sample(ILlamaSampler sampler);
}
