namespace CurKv.Connector;

/// <summary>A prompt has more tokens than the context has cells, and its compressed cells do not fit either. Prompts are never truncated silently.</summary>
public sealed class PromptTooLongException : LlamaException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="tokens">The number of cells that the prompt needs, one for each token.</param>
    /// <param name="contextSize">The number of the context's cells.</param>
    public PromptTooLongException(int tokens, int contextSize)
        : this(tokens, contextSize, $"The prompt has {tokens} tokens and the context {contextSize} cells.")
    {
    }

    private PromptTooLongException(int tokens, int contextSize, string message)
        : base(message)
    {
        Tokens = tokens;
        ContextSize = contextSize;
    }

    /// <summary>The number of cells that the prompt needs, one for each token, including those of a document.</summary>
    public int Tokens { get; }

    /// <summary>The number of the context's cells.</summary>
    public int ContextSize { get; }

    /// <summary>The cells that would do, where they are known; else 0.</summary>
    internal int NeededCells { get; private init; }

    /// <summary>Nothing is compressed: the settings keep everything, or a question about a document has no compression settings.</summary>
    internal static PromptTooLongException Whole(int tokens, int contextSize) => new(
        tokens, contextSize, $"The prompt has {tokens} tokens and the context {contextSize} cells, and nothing is compressed.")
    {
        Fault = LlamaFault.PromptTooLong,
    };

    /// <summary>What compression is to keep, or needs while it works, does not fit either.</summary>
    internal static PromptTooLongException Compressed(int tokens, int contextSize, string why) => new(
        tokens, contextSize, $"The prompt has {tokens} tokens and the context {contextSize} cells; {why}.")
    {
        Fault = LlamaFault.KeptTooLong,
    };

    /// <summary>The sliding window of some layers is never compressed, and leaves no room for a whole batch.</summary>
    internal static PromptTooLongException ForWindow(int tokens, int contextSize, int slidingWindow, int batchSize) => new(
        tokens,
        contextSize,
        $"The prompt takes {tokens} cells, and the model keeps a sliding window of {slidingWindow} of them in some layers whatever compression evicts: the context's {contextSize} cells do not hold the window and a batch of {batchSize} tokens.")
    {
        Fault = LlamaFault.WindowTooLarge,
        NeededCells = slidingWindow + batchSize,
    };

    /// <summary>A text is too long to embed: its vector is computed in one call.</summary>
    internal static PromptTooLongException ForText(int index, int tokens, int longest) => new(
        tokens, longest, $"Text {index} has {tokens} tokens, and the longest that can be embedded has {longest}.");
}
