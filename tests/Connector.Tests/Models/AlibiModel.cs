namespace CurKv.Connector.Tests.Models;

/// <summary>A small model of the bloom architecture: attention that is weaker the farther a token lies back (ALiBi), no rotation.</summary>
internal sealed record AlibiModel : IRandomModel
{
    private const int Embedding = 64;
    private const int FeedForward = 128;

    public string Architecture => "bloom";

    public int Layers => 2;

    public IReadOnlyList<int> GlobalLayers => [0, 1];

    public int Vocabulary => 320;

    public int KvHeads => 2;

    public int HeadDimension => Embedding / KvHeads;

    public int Seed => 5;

    public IEnumerable<(string Name, int[] Shape)> Tensors()
    {
        yield return ("token_embd.weight", [Vocabulary, Embedding]);
        yield return ("token_embd_norm.weight", [Embedding]);
        yield return ("token_embd_norm.bias", [Embedding]);
        yield return ("output_norm.weight", [Embedding]);
        yield return ("output_norm.bias", [Embedding]);
        yield return ("output.weight", [Vocabulary, Embedding]);
        (string Name, int[] Shape)[] layer =
        [
            ("attn_norm", [Embedding]), ("attn_qkv", [3 * Embedding, Embedding]), ("attn_output", [Embedding, Embedding]),
            ("ffn_norm", [Embedding]), ("ffn_up", [FeedForward, Embedding]), ("ffn_down", [Embedding, FeedForward]),
        ];
        for (int i = 0; i < Layers; i++)
        {
            foreach ((string name, int[] shape) in layer)
            {
                yield return ($"blk.{i}.{name}.weight", shape);
                yield return ($"blk.{i}.{name}.bias", [shape[0]]);
            }
        }
    }

    public void Describe(GgufWriter gguf)
    {
        gguf.Number("embedding_length", Embedding);
        gguf.Number("feed_forward_length", FeedForward);
        gguf.Number("attention.head_count", KvHeads);
        gguf.Number("attention.head_count_kv", KvHeads);
        gguf.Real("attention.layer_norm_epsilon", RandomModel.NormEpsilon);
    }
}
