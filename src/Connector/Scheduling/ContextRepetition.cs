using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.Scheduling;

/// <summary>
/// The second pass of KVzip (arXiv 2505.23416): repeats what a sequence holds, chunk by chunk, so that its tokens' attention while
/// being repeated tells what they are worth, and removes the pass's own cells again. Used on the native thread only.
/// </summary>
internal sealed class ContextRepetition(ILlamaEngine engine, ILlamaContext context, KvCompressor compressor, KvSequence sequence)
{
    /// <summary>The fewest tokens that are worth an instruction of their own.</summary>
    private const int SmallestChunk = 64;

    /// <summary>Bounds the memory of the queries: 4 bytes for each element of each query head and layer.</summary>
    private const int LargestChunk = 512;

    // Of a chunk, the tokens that tell where the next one begins. Texts and number are those of the authors.
    private const int CueTokens = 8;
    private const string FirstInstruction = "\n\nRepeat the previous context exactly.";
    private const string NextInstruction = "\n\nRepeat the part of the previous context exactly, starting with ";

    /// <summary>Refuses a prompt behind which there is no room for its repetition.</summary>
    /// <param name="tokens">The tokens that are to be read.</param>
    /// <exception cref="KvCompressionException">The prompt follows tokens that were evicted.</exception>
    /// <exception cref="PromptTooLongException">The cache is too small.</exception>
    public void ThrowIfImpossible(int tokens)
    {
        if (sequence.HeadPositions is not null)
        {
            throw new KvCompressionException(
                "A policy with a second pass repeats all that it compresses, and a part of the document is evicted already.") { Fault = LlamaFault.DocumentEvicted };
        }

        int all = sequence.Tokens + tokens;
        if (Room(all) < Math.Min(all, SmallestChunk))
        {
            throw PromptTooLongException.Compressed(all, context.Settings.ContextSize, "the policy's second pass needs room behind them");
        }
    }

    /// <summary>Repeats the sequence; the compressor notes what its tokens receive.</summary>
    /// <param name="sinks">How many of the first tokens are protected, and not repeated.</param>
    /// <param name="window">How many of the last tokens' own queries are wanted as well.</param>
    /// <param name="cancellationToken">Looked at between chunks.</param>
    public void Run(int sinks, int window, CancellationToken cancellationToken)
    {
        ReadOnlySpan<int> tokens = sequence.Text.ToArray();
        int size = Math.Min(LargestChunk, Room(tokens.Length));
        compressor.StartRepetition(sequence, sinks);
        for (int start = sinks; start < tokens.Length; start += size)
        {
            int end = Math.Min(start + size, tokens.Length);
            int[] instruction = start == sinks ? Tokenize(FirstInstruction) : NextInstructionOf(tokens[Math.Max(0, start - CueTokens)..start]);
            Observe([.. instruction, .. tokens[start..end]]);
            compressor.ObserveRepetition(sequence, new TokenRange(start, end));
            Remove(instruction.Length + end - start);
            cancellationToken.ThrowIfCancellationRequested();
        }

        compressor.EndRepetition();

        // The pass has written over the last token's logits, which the answer is drawn from, and over the window's queries.
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
