namespace CurKv.Connector.Tests.Models;

/// <summary>A small model of the mamba architecture: no attention at all.</summary>
internal sealed record RecurrentModel : IRandomModel
{
    private const int Embedding = 64;

    public string Architecture => "mamba";

    public int Layers => 2;

    public IReadOnlyList<int> GlobalLayers => [];

    public int Vocabulary => 320;

    public int KvHeads => 0;

    public int HeadDimension => 0;

    public int Seed => 4;

    public IEnumerable<(string Name, int[] Shape)> Tensors()
    {
        yield return ("token_embd.weight", [Vocabulary, Embedding]);
        yield return ("output_norm.weight", [Embedding]);
        yield return ("output.weight", [Vocabulary, Embedding]);
        for (int i = 0; i < Layers; i++)
        {
            yield return ($"blk.{i}.attn_norm.weight", [Embedding]);
            foreach ((string, int[]) tensor in new MambaLayer(Embedding).Tensors(i, norms: false))
            {
                yield return tensor;
            }
        }
    }

    public void Describe(GgufWriter gguf)
    {
        gguf.Number("embedding_length", Embedding);
        gguf.Number("feed_forward_length", 0);
        gguf.Number("attention.head_count", 0);
        gguf.Real("attention.layer_norm_rms_epsilon", RandomModel.NormEpsilon);
        new MambaLayer(Embedding).Describe(gguf);
    }
}
