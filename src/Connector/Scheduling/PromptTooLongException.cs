namespace CurKv.Connector;

/// <summary>A prompt has more tokens than the context has cells, and what compression is to keep of it does not fit either. Nothing is cut off silently.</summary>
public sealed class PromptTooLongException : LlamaException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="tokens">The prompt's tokens.</param>
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

    /// <summary>The prompt's tokens.</summary>
    public int Tokens { get; }

    /// <summary>The context's cells.</summary>
    public int ContextSize { get; }
}
