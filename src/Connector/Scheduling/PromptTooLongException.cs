namespace CurKv.Connector;

/// <summary>A prompt has more tokens than the context has cells. Nothing is cut off silently.</summary>
public sealed class PromptTooLongException : LlamaException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="tokens">The prompt's tokens.</param>
    /// <param name="contextSize">The context's cells.</param>
    public PromptTooLongException(int tokens, int contextSize)
        : base($"The prompt has {tokens} tokens and the context {contextSize} cells. Raise {nameof(LlamaChatClientOptions)}.{nameof(LlamaChatClientOptions.ContextSize)}, or send less.")
    {
        Tokens = tokens;
        ContextSize = contextSize;
    }

    /// <summary>The prompt's tokens.</summary>
    public int Tokens { get; }

    /// <summary>The context's cells.</summary>
    public int ContextSize { get; }
}
