namespace CurKv.Connector.Tests.Models;

/// <summary>A small model of the llama architecture: attention in every layer, rotary positions.</summary>
internal sealed record RandomModel : IRandomModel
{
    public const float RopeBase = 10000;

    public const float NormEpsilon = 1e-5f;

    public int Layers { get; init; } = 3;

    public IReadOnlyList<int> GlobalLayers => [.. Enumerable.Range(0, Layers)];

    public int Embedding { get; init; } = 64;

    public int QueryHeads { get; init; } = 4;

    public int KvHeads { get; init; } = 2;

    public int HeadDimension { get; init; } = 32;

    public int FeedForward { get; init; } = 128;

    public int Vocabulary { get; init; } = 320;

    public string Architecture { get; init; } = "llama";

    public int Seed { get; init; } = 1;

    /// <summary>Whether a layer rotates positions into queries and keys: of smollm3's, every fourth does not.</summary>
    public bool Rotates(int layer) => Architecture != "smollm3" || (layer + 1) % 4 != 0;

    /// <summary>Writes the model.</summary>
    public void Write(string path) => RandomModelFile.Write(this, path);

    public IEnumerable<(string Name, int[] Shape)> Tensors()
    {
        yield return ("token_embd.weight", [Vocabulary, Embedding]);
        yield return ("output_norm.weight", [Embedding]);
        yield return ("output.weight", [Vocabulary, Embedding]);
        for (int i = 0; i < Layers; i++)
        {
            yield return ($"blk.{i}.attn_norm.weight", [Embedding]);
            yield return ($"blk.{i}.attn_q.weight", [QueryHeads * HeadDimension, Embedding]);
            yield return ($"blk.{i}.attn_k.weight", [KvHeads * HeadDimension, Embedding]);
            yield return ($"blk.{i}.attn_v.weight", [KvHeads * HeadDimension, Embedding]);
            yield return ($"blk.{i}.attn_output.weight", [Embedding, QueryHeads * HeadDimension]);
            yield return ($"blk.{i}.ffn_norm.weight", [Embedding]);
            yield return ($"blk.{i}.ffn_gate.weight", [FeedForward, Embedding]);
            yield return ($"blk.{i}.ffn_up.weight", [FeedForward, Embedding]);
            yield return ($"blk.{i}.ffn_down.weight", [Embedding, FeedForward]);
        }
    }

    public void Describe(GgufWriter gguf)
    {
        gguf.Number("embedding_length", Embedding);
        gguf.Number("feed_forward_length", FeedForward);
        gguf.Number("attention.head_count", QueryHeads);
        gguf.Number("attention.head_count_kv", KvHeads);
        gguf.Number("attention.key_length", HeadDimension);
        gguf.Number("attention.value_length", HeadDimension);
        gguf.Number("rope.dimension_count", HeadDimension);
        gguf.Real("rope.freq_base", RopeBase);
        gguf.Real("attention.layer_norm_rms_epsilon", NormEpsilon);
    }
}
