namespace CurKv.Connector.Engine;

/// <summary>What a vocabulary says about special tokens. Immutable.</summary>
internal sealed record LlamaVocabulary
{
    /// <summary>The begin-of-sequence token's text; empty where there is none.</summary>
    public string BosToken { get; init; } = string.Empty;

    /// <summary>The end-of-sequence token's text; empty where there is none.</summary>
    public string EosToken { get; init; } = string.Empty;

    /// <summary>The control tokens, and the unknown one, by their texts: delimiters of turns, roles and the like, which no user's text may stand for.</summary>
    public IReadOnlyDictionary<string, int> ControlTokens { get; init; } = new Dictionary<string, int>();

    /// <summary>
    /// The texts of tokens that a model's makers added. llama.cpp finds them in every text: they may be delimiters, such as of tools, or stand for
    /// what is often written, such as HTML's.
    /// </summary>
    public IReadOnlyCollection<string> UserDefinedTokens { get; init; } = [];
}
