namespace CurKv.Connector.Tests.Models;

/// <summary>
/// A small model of the jamba architecture: even layers are recurrent (Mamba), odd ones attend to all tokens (layers 1 and 3). It
/// has no positions but those that the recurrence gives.
/// </summary>
internal sealed record HybridModel : IRandomModel
{
    public string Architecture => "jamba";

    public int Layers => 4;

    public IReadOnlyList<int> GlobalLayers => [1, 3];

    /// <summary>Elements of the embedding; the query heads share them.</summary>
    public int Embedding => QueryHeads * HeadDimension;

    public int QueryHeads { get; init; } = 2;

    public int KvHeads { get; init; } = 2;

    public int HeadDimension { get; init; } = 64;

    public int FeedForward { get; init; } = 128;

    public int Vocabulary { get; init; } = 320;

    public int Seed { get; init; } = 3;

    public IEnumerable<(string Name, int[] Shape)> Tensors()
    {
        yield return ("token_embd.weight", [Vocabulary, Embedding]);
        yield return ("output_norm.weight", [Embedding]);
        yield return ("output.weight", [Vocabulary, Embedding]);
        for (int i = 0; i < Layers; i++)
        {
            yield return ($"blk.{i}.attn_norm.weight", [Embedding]);
            foreach ((string, int[]) tensor in i % 2 == 0 ? new MambaLayer(Embedding).Tensors(i, norms: true) : Attention(i))
            {
                yield return tensor;
            }

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
        gguf.Numbers("attention.head_count_kv", [.. Enumerable.Range(0, Layers).Select(layer => layer % 2 * KvHeads)]);
        gguf.Real("attention.layer_norm_rms_epsilon", RandomModel.NormEpsilon);
        new MambaLayer(Embedding).Describe(gguf);
    }

    private IEnumerable<(string Name, int[] Shape)> Attention(int layer)
    {
        yield return ($"blk.{layer}.attn_q.weight", [Embedding, Embedding]);
        yield return ($"blk.{layer}.attn_k.weight", [KvHeads * HeadDimension, Embedding]);
        yield return ($"blk.{layer}.attn_v.weight", [KvHeads * HeadDimension, Embedding]);
        yield return ($"blk.{layer}.attn_output.weight", [Embedding, Embedding]);
    }
}
