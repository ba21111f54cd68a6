namespace CurKv.Connector;

/// <summary>What an answer took. The last update of a stream carries it as its raw representation, a response likewise.</summary>
public sealed record GenerationStatistics
{
    /// <summary>The prompt's tokens, those of a document read before included.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>The prompt's tokens that had been read before.</summary>
    public required int CachedPromptTokens { get; init; }

    /// <summary>The answer's tokens.</summary>
    public required int OutputTokens { get; init; }

    /// <summary>Those of the answer's tokens with which the model reasoned.</summary>
    public required int ReasoningTokens { get; init; }

    /// <summary>Reading the prompt's other tokens, a policy's second pass included, compressions not.</summary>
    public required TimeSpan PrefillTime { get; init; }

    /// <summary>Drawing the answer's tokens, and decoding each of them but the last.</summary>
    public required TimeSpan DecodeTime { get; init; }

    /// <summary>Native decode calls within <see cref="DecodeTime"/>.</summary>
    public required int DecodedTokens { get; init; }

    /// <summary>Cells of the cache in use at the end.</summary>
    public required int Cells { get; init; }

    /// <summary>
    /// What was compressed, in order: a prompt longer than the cache while it was read, the prompt at its end, and an answer that outgrew
    /// the budget. Empty where nothing was.
    /// </summary>
    public required IReadOnlyList<KvCompressionReport> Compressions { get; init; }

    /// <summary>The last of <see cref="Compressions"/>; null where there was none.</summary>
    public KvCompressionReport? Compression => Compressions.Count > 0 ? Compressions[^1] : null;
}
