using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.Scheduling;

/// <summary>
/// The reconstruction pass of KVzip (arXiv 2505.23416): the model repeats the sequence, chunk by chunk, and the attention that its tokens
/// receive meanwhile becomes their score. The pass's own cells are removed afterwards. Used on the native thread only.
/// </summary>
internal sealed class ReconstructionPass(ILlamaEngine engine, ILlamaContext context, KvCompressor compressor, KvSequence sequence)
{
    /// <summary>The smallest chunk that is worth its own instruction.</summary>
    private const int SmallestChunk = 64;

    /// <summary>Bounds the memory of the queries: 4 bytes for each element of each query head and layer.</summary>
    private const int LargestChunk = 512;

    // The last tokens of a chunk, which show where the next one begins. Number and texts are those of the authors.
    private const int CueTokens = 8;
    private const string FirstInstruction = "\n\nRepeat the previous context exactly.";
    private const string NextInstruction = "\n\nRepeat the part of the previous context exactly, starting with ";

    /// <summary>Throws if there is no room for the reconstruction pass after the prompt.</summary>
    /// <param name="tokens">The number of tokens to prefill.</param>
    /// <exception cref="KvCompressionException">Some tokens before the prompt were evicted.</exception>
    /// <exception cref="PromptTooLongException">The cache is too small.</exception>
    public void ThrowIfImpossible(int tokens)
    {
        if (sequence.HeadPositions is not null)
        {
            throw new KvCompressionException(
                "A policy with a reconstruction pass repeats everything that it compresses, and a part of the document is already evicted.")
            { Fault = LlamaFault.DocumentEvicted };
        }

        int all = sequence.Tokens + tokens;
        if (Room(all) < Math.Min(all, SmallestChunk))
        {
            throw PromptTooLongException.Compressed(all, context.Settings.ContextSize, "the policy's reconstruction pass needs room after them");
        }
    }

    /// <summary>Repeats the sequence. The compressor records the attention that its tokens receive.</summary>
    /// <param name="sinks">The number of first tokens that are protected, and not repeated.</param>
    /// <param name="window">The number of last tokens whose own queries are needed as well.</param>
    /// <param name="cancellationToken">Checked between chunks.</param>
    public void Run(int sinks, int window, CancellationToken cancellationToken)
    {
        ReadOnlySpan<int> tokens = sequence.Text.ToArray();
        int size = Math.Min(LargestChunk, Room(tokens.Length));
        compressor.StartReconstruction(sequence, sinks);
        for (int start = sinks; start < tokens.Length; start += size)
        {
            int end = Math.Min(start + size, tokens.Length);
            int[] instruction = start == sinks ? Tokenize(FirstInstruction) : NextInstructionOf(tokens[Math.Max(0, start - CueTokens)..start]);
            Observe([.. instruction, .. tokens[start..end]]);
            compressor.ObserveReconstruction(sequence, new TokenRange(start, end));
            Remove(instruction.Length + end - start);
            cancellationToken.ThrowIfCancellationRequested();
        }

        compressor.EndReconstruction();

        // The pass has overwritten the last token's logits, from which the answer is sampled, and the window's queries.
        int again = Math.Max(1, window);
        Remove(again);
        Observe(tokens[^again..], logits: true);
    }

    private void Observe(ReadOnlySpan<int> tokens, bool logits = false)
    {
        compressor.StartObserving(tokens.Length);
        try
        {
            Decode(tokens, logits);
        }
        finally
        {
            compressor.StopObserving();
        }
    }

    private int Room(int tokens) => context.Settings.ContextSize - tokens - NextInstructionOf([]).Length - CueTokens;

    private int[] NextInstructionOf(ReadOnlySpan<int> cue) => [.. Tokenize(NextInstruction), .. cue];

    private int[] Tokenize(string text) => engine.Tokenize(text, addSpecial: false, parseSpecial: false);

    private void Decode(ReadOnlySpan<int> tokens, bool logits = false)
    {
        while (!tokens.IsEmpty)
        {
            int count = Math.Min(tokens.Length, context.Settings.BatchSize);
            context.Decode(sequence, tokens[..count], logits && count == tokens.Length);
            tokens = tokens[count..];
        }
    }

    private void Remove(int tokens)
    {
        context.Synchronize();
        if (!context.SequenceRemove(sequence.Id, sequence.Tokens - tokens))
        {
            throw new KvCompressionException($"llama.cpp did not remove the last {tokens} cells of sequence {sequence.Id}. {NativeLog.LastErrors()}");
        }

        sequence.Undo(tokens);
        compressor.NoteRemoved(tokens);
    }
}
