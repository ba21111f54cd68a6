namespace CurKv.Connector.Tests.Models;

/// <summary>A small model of the bert architecture: every token attends to all, positions are learned, and the first token's vector stands for the text.</summary>
internal sealed record BertModel : IRandomModel
{
    private const int Embedding = 32;
    private const int FeedForward = 64;
    private const int TrainedContext = 65536;

    public string Architecture => "bert";

    public int Layers => 2;

    public IReadOnlyList<int> GlobalLayers => [0, 1];

    public int Vocabulary => 320;

    public int KvHeads => 2;

    public int HeadDimension => Embedding / KvHeads;

    public int Seed => 6;

    public IEnumerable<(string Name, int[] Shape)> Tensors()
    {
        yield return ("token_embd.weight", [Vocabulary, Embedding]);
        yield return ("token_types.weight", [2, Embedding]);
        yield return ("position_embd.weight", [TrainedContext, Embedding]);
        yield return ("token_embd_norm.weight", [Embedding]);
        yield return ("token_embd_norm.bias", [Embedding]);
        (string Name, int[] Shape)[] layer =
        [
            ("attn_q", [Embedding, Embedding]), ("attn_k", [Embedding, Embedding]), ("attn_v", [Embedding, Embedding]),
            ("attn_output", [Embedding, Embedding]), ("attn_output_norm", [Embedding]),
            ("ffn_up", [FeedForward, Embedding]), ("ffn_down", [Embedding, FeedForward]), ("layer_output_norm", [Embedding]),
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
        gguf.Number("pooling_type", 2);
        gguf.Real("attention.layer_norm_epsilon", RandomModel.NormEpsilon);
        gguf.PlainNumber("tokenizer.ggml.token_type_count", 2);
    }
}
