namespace CurKv.Connector.Tests.Models;

/// <summary>A small model of the qwen2vl architecture: positions have several dimensions (M-RoPE), which its cells store too.</summary>
internal sealed record ImagePositionsModel : IRandomModel
{
    private readonly RandomModel _text = new() { Architecture = "qwen2vl", Layers = 2, Embedding = 128 };

    public string Architecture => _text.Architecture;

    public int Layers => _text.Layers;

    public IReadOnlyList<int> GlobalLayers => _text.GlobalLayers;

    public int Vocabulary => _text.Vocabulary;

    public int KvHeads => _text.KvHeads;

    public int HeadDimension => _text.HeadDimension;

    public int Seed => 6;

    public IEnumerable<(string Name, int[] Shape)> Tensors()
    {
        foreach ((string name, int[] shape) in _text.Tensors())
        {
            yield return (name, shape);
            if (name.EndsWith("attn_q.weight", StringComparison.Ordinal) || name.EndsWith("attn_k.weight", StringComparison.Ordinal) || name.EndsWith("attn_v.weight", StringComparison.Ordinal))
            {
                yield return (name.Replace(".weight", ".bias", StringComparison.Ordinal), [shape[0]]);
            }
        }
    }

    public void Describe(GgufWriter gguf)
    {
        _text.Describe(gguf);
        gguf.Numbers("rope.dimension_sections", [4, 6, 6, 0]);
    }
}
