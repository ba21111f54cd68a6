using CurKv.Connector.Engine.Gguf;
using CurKv.Connector.Engine.Models;
using CurKv.Connector.Tests.Models;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.Tests.Engine;

/// <summary>Families and their quirks, by a table.</summary>
public class ModelTraitsTests
{
    [Theory]
    [InlineData("llama", "", false)]
    [InlineData("bloom", "", true)]
    [InlineData("refact", "", true)]
    [InlineData("jina-bert-v2", "", true)]
    [InlineData("baichuan", "block_count=32", false)]
    [InlineData("baichuan", "block_count=40", true)]
    [InlineData("llama", "block_count=40", false)]
    [InlineData("mpt", "attention.max_alibi_bias=8.0", true)]
    [InlineData("mpt", "attention.max_alibi_bias=0.0", false)]
    [InlineData("jais", "attention.max_alibi_bias=8.0", true)]
    [InlineData("jais", "", false)]
    public void HasAlibi_Family_IsKnown(string architecture, string keys, bool expected)
    {
        ModelTraits traits = Traits(architecture, keys);

        Assert.Equal(expected, traits.HasAlibi);
        Assert.Equal(!expected, traits.HasRotaryPositions(RopeLayout.Norm));
    }

    [Theory]
    [InlineData("llama", (int)RopeLayout.Norm, true)]
    [InlineData("qwen2", (int)RopeLayout.Neox, true)]
    [InlineData("qwen2vl", (int)RopeLayout.Multi, true)]
    [InlineData("gpt2", (int)RopeLayout.None, false)]
    [InlineData("starcoder", (int)RopeLayout.Norm, false)]
    [InlineData("mamba", (int)RopeLayout.None, false)]
    public void HasRotaryPositions_Family_IsKnown(string architecture, int layout, bool expected) =>
        Assert.Equal(expected, Traits(architecture).HasRotaryPositions((RopeLayout)layout));

    [Theory]
    [InlineData("llama", "", true)]
    [InlineData("llama", "attention.sliding_window=4096", true)]
    [InlineData("gemma2", "attention.sliding_window=4096", true)]
    [InlineData("gemma3", "attention.sliding_window=1024", true)]
    [InlineData("qwen3", "", true)]
    [InlineData("smollm3", "", false)]
    [InlineData("llama4", "", false)]
    [InlineData("llama4", "attention.sliding_window=8192", false)]
    [InlineData("llama4", "attention.sliding_window=0", true)]
    [InlineData("cohere2", "attention.sliding_window=4096", false)]
    [InlineData("exaone4", "attention.sliding_window=4096", false)]
    [InlineData("exaone4", "", true)]
    [InlineData("afmoe", "attention.sliding_window=2048", false)]
    [InlineData("granite", "", true)]
    [InlineData("granite", "rope.scaling.finetuned=true", true)]
    [InlineData("granite", "rope.scaling.finetuned=false", false)]
    public void Rotary_LayersWithoutPositions_IsNotKnown(string architecture, string keys, bool isKnown)
    {
        ModelTraits traits = Traits(architecture, keys);

        Assert.Equal(isKnown, traits.Rotary(RopeLayout.Neox, isHybrid: false) is not null);
        Assert.Null(traits.Rotary(RopeLayout.Neox, isHybrid: true));
    }

    [Theory]
    [InlineData("", 10000.0)]
    [InlineData("rope.freq_base=500000.0", 500000.0)]
    [InlineData("rope.scaling.type=none rope.scaling.factor=4.0", 10000.0)]
    [InlineData("rope.scaling.type=linear", 10000.0)]
    [InlineData("rope.scaling.type=linear rope.scaling.factor=1.0", 10000.0)]
    [InlineData("rope.scaling.type=linear rope.scaling.factor=4.0", null)]
    [InlineData("rope.scaling.factor=4.0", null)]
    [InlineData("rope.scale_linear=2.0", null)]
    [InlineData("rope.scaling.type=yarn rope.scaling.factor=4.0", null)]
    [InlineData("rope.scaling.type=longrope", null)]
    [InlineData("rope.scaling.attn_factor=1.0", 10000.0)]
    [InlineData("rope.scaling.attn_factor=1.2", null)]
    [InlineData("rope.dimension_count=0", null)]
    [InlineData("rope.dimension_count=65", null)]
    [InlineData("rope.dimension_count=128", null)]
    public void Rotary_ScaledFrequencies_IsNotPlain(string keys, double? frequencyBase) =>
        Assert.Equal(frequencyBase, Traits("llama", keys).Rotary(RopeLayout.Norm, isHybrid: false)?.Base);

    [Theory]
    [InlineData((int)RopeLayout.Norm, true, true)]
    [InlineData((int)RopeLayout.Neox, true, false)]
    [InlineData((int)RopeLayout.None, false, false)]
    [InlineData((int)RopeLayout.Multi, false, false)]
    [InlineData((int)RopeLayout.InterleavedMulti, false, false)]
    [InlineData((int)RopeLayout.Vision, false, false)]
    public void Rotary_Layout_IsPlainForTwoOfThem(int layout, bool isPlain, bool interleaved)
    {
        RotaryEmbedding? expected = isPlain ? new RotaryEmbedding(10000, 32, interleaved) : null;

        Assert.Equal(expected, Traits("any", "rope.dimension_count=32").Rotary((RopeLayout)layout, isHybrid: false));
    }

    [Fact]
    public void Rotary_FrequenciesScaledOneByOne_IsNotPlain()
    {
        GgufWriter writer = Writer("llama", "");
        writer.Tensor("rope_freqs.weight", [32], () => 1);

        Assert.Null(Traits(writer).Rotary(RopeLayout.Norm, isHybrid: false));
    }

    [Theory]
    [InlineData("llama", "", 8, 8, 64, 64)]
    [InlineData("llama", "attention.head_count_kv=2", 8, 2, 64, 64)]
    [InlineData("gemma2", "attention.head_count_kv=4 attention.key_length=256 attention.value_length=128", 8, 4, 256, 128)]
    [InlineData("lfm2", "attention.head_count_kv=[0,0,4,0]", 8, 4, 64, 64)]
    [InlineData("mamba", "attention.head_count=0", 0, 0, 0, 0)]
    public void From_Heads_AreTheLargestLayers(string architecture, string keys, int queryHeads, int kvHeads, int keyDimension, int valueDimension)
    {
        ModelTraits traits = Traits(architecture, keys);

        Assert.Equal((queryHeads, kvHeads, keyDimension, valueDimension), (traits.QueryHeads, traits.KvHeads, traits.KeyDimension, traits.ValueDimension));
    }

    [Theory]
    [InlineData("llama", "", 0f)]
    [InlineData("granite", "attention.scale=0.015625", 0.015625f)]
    [InlineData("gemma2", "block_count=42 attention.key_length=256", 0f)]
    [InlineData("gemma2", "block_count=46 embedding_length=4608 attention.head_count=32 attention.key_length=128", 1f / 12)]
    [InlineData("gemma3", "block_count=62 embedding_length=5376 attention.head_count=32 attention.key_length=128", 0.07715168f)]
    [InlineData("gemma3", "block_count=34", 0f)]
    [InlineData("gemma3n", "", 1f)]
    [InlineData("gemma4", "", 1f)]
    public void AttentionScale_Family_IsLlamaCpps(string architecture, string keys, float expected) =>
        Assert.Equal(expected, Traits(architecture, keys).AttentionScale, 1e-6f);

    [Fact]
    public void PoolingType_Unsaid_IsNull()
    {
        Assert.Null(Traits("bert").PoolingType);
        Assert.Equal(2, Traits("bert", "pooling_type=2").PoolingType);
    }

    private static ModelTraits Traits(string architecture, string keys = "") => Traits(Writer(architecture, keys));

    private static ModelTraits Traits(GgufWriter writer)
    {
        string path = TestModels.Scratch("traits.gguf");
        writer.Write(path);
        return ModelTraits.From(GgufFile.Read(path));
    }

    // Later keys override the shape that all have: 512 elements, 8 heads.
    private static GgufWriter Writer(string architecture, string keys)
    {
        var writer = new GgufWriter(architecture);
        writer.Number("embedding_length", 512);
        writer.Number("attention.head_count", 8);
        foreach (string[] pair in keys.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(key => key.Split('=')))
        {
            (string key, string value) = (pair[0], pair[1]);
            if (value.StartsWith('['))
            {
                writer.Numbers(key, [.. value.Trim('[', ']').Split(',').Select(Number)]);
            }
            else if (bool.TryParse(value, out bool flag))
            {
                writer.Flag(key, flag);
            }
            else if (value.Contains('.', StringComparison.Ordinal))
            {
                writer.Real(key, float.Parse(value, System.Globalization.CultureInfo.InvariantCulture));
            }
            else if (char.IsAsciiDigit(value[0]))
            {
                writer.Number(key, Number(value));
            }
            else
            {
                writer.Text($"{architecture}.{key}", value);
            }
        }

        return writer;

        static int Number(string value) => int.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
    }
}
