namespace CurKv.Connector.Tests.Models;

/// <summary>
/// A small model of the gemma2 architecture: even layers attend to the last tokens only (layers 0 and 2), odd ones to all
/// (layers 1 and 3).
/// </summary>
internal sealed record SlidingWindowModel : IRandomModel
{
    public string Architecture => "gemma2";

    public int Layers => 4;

    public IReadOnlyList<int> GlobalLayers => [1, 3];

    public int Window { get; init; } = 32;

    public int Embedding { get; init; } = 64;

    public int QueryHeads { get; init; } = 4;

    public int KvHeads { get; init; } = 2;

    public int HeadDimension { get; init; } = 64;

    public int FeedForward { get; init; } = 128;

    public int Vocabulary { get; init; } = 320;

    public int Seed { get; init; } = 2;

    public IEnumerable<(string Name, int[] Shape)> Tensors()
    {
        yield return ("token_embd.weight", [Vocabulary, Embedding]);
        yield return ("output_norm.weight", [Embedding]);
        for (int i = 0; i < Layers; i++)
        {
            yield return ($"blk.{i}.attn_norm.weight", [Embedding]);
            yield return ($"blk.{i}.attn_q.weight", [QueryHeads * HeadDimension, Embedding]);
            yield return ($"blk.{i}.attn_k.weight", [KvHeads * HeadDimension, Embedding]);
            yield return ($"blk.{i}.attn_v.weight", [KvHeads * HeadDimension, Embedding]);
            yield return ($"blk.{i}.attn_output.weight", [Embedding, QueryHeads * HeadDimension]);
            yield return ($"blk.{i}.post_attention_norm.weight", [Embedding]);
            yield return ($"blk.{i}.ffn_norm.weight", [Embedding]);
            yield return ($"blk.{i}.ffn_gate.weight", [FeedForward, Embedding]);
            yield return ($"blk.{i}.ffn_up.weight", [FeedForward, Embedding]);
            yield return ($"blk.{i}.ffn_down.weight", [Embedding, FeedForward]);
            yield return ($"blk.{i}.post_ffw_norm.weight", [Embedding]);
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
        gguf.Number("attention.sliding_window", Window);
        gguf.Real("attention.layer_norm_rms_epsilon", RandomModel.NormEpsilon);
    }
}
