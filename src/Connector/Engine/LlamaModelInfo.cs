using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.Engine;

/// <summary>A model's facts, as far as the layers above the engine need them.</summary>
internal sealed record LlamaModelInfo
{
    /// <summary>The GGUF file.</summary>
    public required string Path { get; init; }

    /// <summary>llama.cpp's description, such as <c>llama 8B Q4_K - Medium</c>.</summary>
    public required string Description { get; init; }

    /// <summary>The GGUF's <c>general.architecture</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>How many tokens the model was trained to read.</summary>
    public required int TrainedContext { get; init; }

    /// <summary>The number of tokens in the vocabulary.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>The number of layers.</summary>
    public required int Layers { get; init; }

    /// <summary>The number of query heads; the highest one where layers differ.</summary>
    public required int QueryHeads { get; init; }

    /// <summary>The number of KV heads; the highest one where layers differ (hybrids: recurrent layers have none).</summary>
    public required int KvHeads { get; init; }

    /// <summary>Elements in one head's key, in layers that attend to all tokens.</summary>
    public required int KeyDimension { get; init; }

    /// <summary>Elements in one head's value, in layers that attend to all tokens.</summary>
    public required int ValueDimension { get; init; }

    /// <summary>Whether positions are rotated into the keys (RoPE); without it, cells cannot change places (ALiBi, learned positions).</summary>
    public required bool HasRotaryPositions { get; init; }

    /// <summary>
    /// How positions are rotated in layers that attend to all tokens, where that is plain RoPE; null where frequencies are scaled, the
    /// layout is another one, or some of these layers may not rotate at all.
    /// </summary>
    public required RotaryEmbedding? Rotary { get; init; }

    /// <summary>What products of queries and keys are multiplied with before the softmax; 0 where that is 1/√(key dimension).</summary>
    public float AttentionScale { get; init; }

    /// <summary>Whether all state is recurrent (Mamba, RWKV), which no eviction can cut.</summary>
    public required bool IsRecurrent { get; init; }

    /// <summary>Whether some layers are recurrent and others attend (Jamba, Falcon-H1, LFM2): only the latter have cells.</summary>
    public bool IsHybrid { get; init; }

    /// <summary>The last tokens that some layers attend to only (Gemma, Cohere 2, gpt-oss); 0 where all layers attend to all.</summary>
    public int SlidingWindow { get; init; }

    /// <summary>How the model pools its tokens' vectors to a text's, as llama.cpp numbers it; null where it says nothing of that.</summary>
    public int? PoolingType { get; init; }

    /// <summary>The model's own chat template; null where it has none.</summary>
    public required string? ChatTemplate { get; init; }
}
