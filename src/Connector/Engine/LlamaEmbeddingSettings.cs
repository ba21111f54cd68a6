namespace CurKv.Connector.Engine;

/// <summary>The sizes of a context for embeddings.</summary>
internal sealed record LlamaEmbeddingSettings
{
    /// <summary>The most sequences that llama.cpp can have.</summary>
    public const int MaxSequences = 256;

    /// <summary>Tokens in one batch, at most; so many has the longest text.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Texts in one batch, at most.</summary>
    public int Sequences { get; init; } = 64;

    /// <summary>Threads that compute.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>How tokens' vectors become a text's.</summary>
    public LlamaPooling Pooling { get; init; }
}
