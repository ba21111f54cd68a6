namespace CurKv.Connector;

/// <summary>The statistics of an answer. It is the raw representation of a stream's last update, and of a response.</summary>
public sealed record GenerationStatistics
{
    /// <summary>The number of the prompt's tokens, including those of a document.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>The number of the prompt's tokens that were prefilled earlier.</summary>
    public required int CachedPromptTokens { get; init; }

    /// <summary>The number of the answer's tokens.</summary>
    public required int OutputTokens { get; init; }

    /// <summary>The number of the answer's tokens that are reasoning.</summary>
    public required int ReasoningTokens { get; init; }

    /// <summary>The time of the prefill, including a policy's reconstruction pass, excluding compressions.</summary>
    public required TimeSpan PrefillTime { get; init; }

    /// <summary>The time to sample the answer's tokens, and to decode all except the last.</summary>
    public required TimeSpan DecodeTime { get; init; }

    /// <summary>The number of native decode calls within <see cref="DecodeTime"/>.</summary>
    public required int DecodedTokens { get; init; }

    /// <summary>The number of the cache's cells in use at the end.</summary>
    public required int Cells { get; init; }

    /// <summary>
    /// The compressions, in order: during the prefill of a prompt longer than the cache, after the prefill, and whenever an answer exceeded
    /// the budget. Empty if there were none.
    /// </summary>
    public required IReadOnlyList<KvCompressionReport> Compressions { get; init; }

    /// <summary>The last of <see cref="Compressions"/>; null if there were none.</summary>
    public KvCompressionReport? Compression => Compressions.Count > 0 ? Compressions[^1] : null;
}
