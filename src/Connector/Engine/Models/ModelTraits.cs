using CurKv.Connector.Engine.Gguf;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.Engine.Models;

/// <summary>
/// What a model's file says of its attention, and what its family does that no file says. Everything that depends on an architecture's
/// name is here. What llama.cpp reports about a loaded model (its RoPE's layout, whether it is a hybrid) is asked of it.
/// </summary>
internal sealed record ModelTraits
{
    private const double DefaultRopeBase = 10000;

    /// <summary>The GGUF's <c>general.architecture</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>The number of query heads; the highest one where layers differ.</summary>
    public required int QueryHeads { get; init; }

    /// <summary>The number of KV heads; the highest one where layers differ.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Elements in one head's key.</summary>
    public required int KeyDimension { get; init; }

    /// <summary>Elements in one head's value.</summary>
    public required int ValueDimension { get; init; }

    /// <summary>Whether positions come by a bias on distances (ALiBi).</summary>
    public required bool HasAlibi { get; init; }

    /// <summary>Whether positions come with the embeddings, by a table that was learned.</summary>
    public required bool HasLearnedPositions { get; init; }

    /// <summary>Whether layers that attend to all tokens may be without RoPE, beside others that have it.</summary>
    public required bool MayLeaveLayersUnrotated { get; init; }

    /// <summary>The rotation's base, and how many elements rotate, where frequencies are not scaled; null where they are.</summary>
    public required (double Base, int Dimensions)? PlainRope { get; init; }

    /// <summary>What products of queries and keys are multiplied with before the softmax; 0 where that is 1/√(key dimension).</summary>
    public required float AttentionScale { get; init; }

    /// <summary>How the model pools its tokens' vectors to a text's, as llama.cpp numbers it; null where it says nothing of that.</summary>
    public required int? PoolingType { get; init; }

    /// <summary>Reads a model's traits.</summary>
    public static ModelTraits From(GgufFile gguf)
    {
        int queryHeads = gguf.Numbers("attention.head_count")?.DefaultIfEmpty().Max() ?? 0;
        int defaultDimension = queryHeads > 0 ? (int)(gguf.Number("embedding_length") ?? 0) / queryHeads : 0;
        int keyDimension = (int)(gguf.Number("attention.key_length") ?? defaultDimension);
        return new ModelTraits
        {
            Architecture = gguf.Architecture,
            QueryHeads = queryHeads,
            KvHeads = gguf.Numbers("attention.head_count_kv")?.DefaultIfEmpty().Max() ?? queryHeads,
            KeyDimension = keyDimension,
            ValueDimension = (int)(gguf.Number("attention.value_length") ?? defaultDimension),
            HasAlibi = Alibi(gguf),
            HasLearnedPositions = gguf.Architecture is "gpt2" or "starcoder",
            MayLeaveLayersUnrotated = LeavesLayersUnrotated(gguf),
            PlainRope = Rope(gguf, keyDimension),
            AttentionScale = Scale(gguf, queryHeads),
            PoolingType = (int?)gguf.Number("pooling_type"),
        };
    }

    /// <summary>Whether positions are rotated into the keys. Without it, cells cannot change places.</summary>
    /// <param name="layout">llama.cpp's answer, which names RoPE also for models of a family that has none.</param>
    public bool HasRotaryPositions(RopeLayout layout) => layout != RopeLayout.None && !HasAlibi && !HasLearnedPositions;

    /// <summary>How positions are rotated in layers that attend to all tokens, where that is plain RoPE in all of them.</summary>
    /// <param name="layout">llama.cpp's answer.</param>
    /// <param name="isHybrid">Whether some layers are recurrent: most such models have no RoPE in the others.</param>
    public RotaryEmbedding? Rotary(RopeLayout layout, bool isHybrid) =>
        HasRotaryPositions(layout) && layout is RopeLayout.Norm or RopeLayout.Neox && !isHybrid && !MayLeaveLayersUnrotated && PlainRope is var (frequencyBase, dimensions)
            ? new RotaryEmbedding(frequencyBase, dimensions, Interleaved: layout == RopeLayout.Norm)
            : null;

    // One name stands for two models of Baichuan, of which llama.cpp knows the larger one, with ALiBi, by its layers.
    private static bool Alibi(GgufFile gguf) => gguf.Architecture switch
    {
        "bloom" or "refact" or "jina-bert-v2" => true,
        "baichuan" => gguf.Number("block_count") == 40,
        "mpt" or "jais" => gguf.Real("attention.max_alibi_bias") > 0,
        _ => false,
    };

    // Of families with sliding windows some rotate in those only (Cohere 2, Exaone 4, AFMoE), and no file says so: these are known not to.
    private static bool LeavesLayersUnrotated(GgufFile gguf) => gguf.Architecture switch
    {
        "llama" or "gemma2" or "gemma3" => false,
        "smollm3" => true,
        "llama4" => gguf.Number("attention.sliding_window") != 0,
        "granite" or "granitemoe" => gguf.Number("rope.scaling.finetuned") == 0,
        _ => gguf.Number("attention.sliding_window") > 0,
    };

    // Without a type, llama.cpp scales linearly by the factor, under its newer name or its older one. Single frequencies are scaled by a tensor.
    private static (double Base, int Dimensions)? Rope(GgufFile gguf, int keyDimension)
    {
        double factor = gguf.Real("rope.scaling.factor") ?? gguf.Real("rope.scale_linear") ?? 0;
        bool isScaled = (gguf.Text("rope.scaling.type") ?? "linear") switch { "none" => false, "linear" => factor is not (0 or 1), _ => true }
            || gguf.HasTensor("rope_freqs.weight")
            || gguf.Real("rope.scaling.attn_factor") is not (null or 1);
        int dimensions = (int)(gguf.Number("rope.dimension_count") ?? keyDimension);
        return !isScaled && dimensions >= 2 && dimensions % 2 == 0 && dimensions <= keyDimension
            ? (gguf.Real("rope.freq_base") ?? DefaultRopeBase, dimensions)
            : null;
    }

    // Gemma's scales are llama.cpp's own knowledge: of the largest ones, by their layers, and of those that multiply with nothing.
    private static float Scale(GgufFile gguf, int queryHeads) => (gguf.Architecture, gguf.Number("block_count")) switch
    {
        ("gemma2", 46) or ("gemma3", 62) when queryHeads > 0 => 1 / MathF.Sqrt((gguf.Number("embedding_length") ?? 0) / queryHeads),
        ("gemma3n" or "gemma4", _) => 1,
        _ => (float)(gguf.Real("attention.scale") ?? 0),
    };
}
