using CurKv.Connector.Chat;
using CurKv.Connector.Embeddings;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;

namespace CurKv.Connector.Scheduling;

/// <summary>A prompt has more tokens than the context has cells, and what compression is to keep of it does not fit either. Nothing is cut off silently.</summary>
public sealed class PromptTooLongException : LlamaException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="tokens">The cells that the prompt takes, one for each token.</param>
    /// <param name="contextSize">The context's cells.</param>
    public PromptTooLongException(int tokens, int contextSize)
        : this(tokens, contextSize, string.Empty)
    {
    }

    internal PromptTooLongException(int tokens, int contextSize, string reason)
        : base($"The prompt has {tokens} tokens and the context {contextSize} cells{reason}. "
            + $"Raise {nameof(LlamaChatClientOptions)}.{nameof(LlamaChatClientOptions.ContextSize)}, evict more ({nameof(LlamaChatClientOptions.Compression)}.{nameof(KvCompressionOptions.Ratio)} or {nameof(KvCompressionOptions.Cells)}), or send less.")
    {
        Tokens = tokens;
        ContextSize = contextSize;
    }

    private PromptTooLongException(string message, int tokens, int contextSize)
        : base(message)
    {
        Tokens = tokens;
        ContextSize = contextSize;
    }

    /// <summary>The cells that the prompt takes, one for each token: those of a document read before included.</summary>
    public int Tokens { get; }

    /// <summary>The context's cells.</summary>
    public int ContextSize { get; }

    /// <summary>Nothing is compressed: the settings keep all, or a document's question brings none.</summary>
    internal static PromptTooLongException Whole(int tokens, int contextSize) => new(
        $"The prompt has {tokens} tokens and the context {contextSize} cells, and nothing is compressed. Raise {nameof(LlamaChatClientOptions)}.{nameof(LlamaChatClientOptions.ContextSize)}, "
            + $"set {nameof(LlamaChatClientOptions.Compression)}.{nameof(KvCompressionOptions.Policy)} (for questions about a document by ChatOptions.RawRepresentationFactory), or send less.",
        tokens,
        contextSize);

    /// <summary>Some layers keep the last tokens whatever compression evicts, and have no room for a whole batch besides.</summary>
    internal static PromptTooLongException ForWindow(int tokens, int contextSize, int slidingWindow, int batchSize) => new(
        $"The prompt takes {tokens} cells, and the model keeps a sliding window of {slidingWindow} of them in some layers whatever compression evicts: the context's {contextSize} cells do not hold the window and a batch of {batchSize} tokens. "
            + $"Raise {nameof(LlamaChatClientOptions)}.{nameof(LlamaChatClientOptions.ContextSize)} to {slidingWindow + batchSize}, or lower {nameof(LlamaChatClientOptions.BatchSize)}.",
        tokens,
        contextSize);

    /// <summary>A text to embed is too long: its vector is computed at once.</summary>
    internal static PromptTooLongException ForEmbedding(int index, int tokens, int longest) => new(
        $"Text {index} has {tokens} tokens, and the longest that can be embedded has {longest}. Split it, or raise {nameof(LlamaEmbeddingGeneratorOptions)}.{nameof(LlamaEmbeddingGeneratorOptions.ContextSize)} as far as the model was trained.",
        tokens,
        longest);
}
