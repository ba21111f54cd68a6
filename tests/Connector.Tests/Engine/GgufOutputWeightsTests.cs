using System.Buffers.Binary;
using System.Text;
using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Gguf;
using CurKv.Connector.Tests.Models;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.Tests.Engine;

public class GgufOutputWeightsTests
{
    // As floats, a layer's weights are read in two pieces.
    private static readonly RandomModel Shape = new() { Layers = 2, Embedding = 160, QueryHeads = 4, HeadDimension = 32 };

    // ggml's functions are there once a model is.
    public GgufOutputWeightsTests() => TestModels.Load(TestModels.Pebble).Dispose();

    [Fact]
    public void Read_RandomModel_GivesTheFilesFloats()
    {
        string path = TestModels.Write(Shape);
        var reference = new ReferenceModel(Shape, path);
        using LlamaSharpEngine engine = TestModels.Load(path);
        GgufOutputWeights weights = engine.OutputWeights!;

        Assert.Equal((160, 128), (weights.Embedding, weights.Inputs));
        for (int layer = 0; layer < Shape.Layers; layer++)
        {
            Assert.Equal(reference.Weights($"blk.{layer}.attn_output.weight"), Read(weights, layer));
        }
    }

    [Fact]
    public void Read_Pebble_DequantisesEveryLayer()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
        GgufOutputWeights weights = engine.OutputWeights!;
        GgufFile file = GgufFile.Read(TestModels.Pebble);
        byte[] bytes = File.ReadAllBytes(TestModels.Pebble);

        Assert.Equal(engine.Model.QueryHeads * engine.Model.ValueDimension, weights.Inputs);
        for (int layer = 0; layer < engine.Model.Layers; layer++)
        {
            GgufTensor tensor = file.Tensor($"blk.{layer}.attn_output.weight")!;
            Assert.Equal((uint)KvElementType.Q8_0, tensor.Type);
            float[] expected = Dequantise(KvElementType.Q8_0, bytes.AsSpan((int)tensor.Position), weights.Embedding * weights.Inputs);
            Assert.Equal(expected, Read(weights, layer));
            Assert.InRange(expected.Average(Math.Abs), 1e-3, 1);
        }
    }

    [Theory]
    [InlineData(KvElementType.F16)]
    [InlineData(KvElementType.BF16)]
    [InlineData(KvElementType.Q8_0)]
    [InlineData(KvElementType.Q4_0)]
    public void Read_OtherElementTypes_AreDequantised(KvElementType type)
    {
        // The same bytes, taken for another type: what they mean does not matter.
        byte[] model = File.ReadAllBytes(TestModels.Write(Shape));
        BinaryPrimitives.WriteUInt32LittleEndian(model.AsSpan(TypeOf(model, 1)), (uint)type);
        string path = Save(model);
        GgufOutputWeights weights = Open(path)!;

        long position = GgufFile.Read(path).Tensor("blk.1.attn_output.weight")!.Position;
        Assert.Equal(Dequantise(type, model.AsSpan((int)position), 160 * 128), Read(weights, 1));
    }

    [Theory]
    [InlineData(4u, "an element type that ggml has given up")]
    [InlineData(24u, "bytes, which are no weights")]
    public void Read_TypeWithoutFloats_NamesTheType(uint type, string why)
    {
        byte[] model = File.ReadAllBytes(TestModels.Write(Shape));
        BinaryPrimitives.WriteUInt32LittleEndian(model.AsSpan(TypeOf(model, 0)), type);
        GgufOutputWeights weights = Open(Save(model))!;

        LlamaModelException e = Assert.Throws<LlamaModelException>(() => Read(weights, 0));
        Assert.True(e.Message.Contains($"element type {type}", StringComparison.Ordinal), why);
    }

    [Fact]
    public void Read_WeightsBeyondTheFilesEnd_SaysThatItIsCutOff()
    {
        byte[] model = File.ReadAllBytes(TestModels.Write(Shape));
        int type = TypeOf(model, 0);
        long data = GgufFile.Read(Save(model)).Tensor("token_embd.weight")!.Position;
        BinaryPrimitives.WriteInt64LittleEndian(model.AsSpan(type + sizeof(uint)), model.Length - data - 1024);
        GgufOutputWeights weights = Open(Save(model))!;

        Assert.Contains("cut off", Assert.Throws<LlamaModelException>(() => Read(weights, 0)).Message, StringComparison.Ordinal);
        Assert.NotEmpty(Read(weights, 1));
    }

    [Fact]
    public void Read_BadArguments_Throws()
    {
        GgufOutputWeights weights = Open(TestModels.Write(Shape))!;

        Assert.Throws<ArgumentOutOfRangeException>("layer", () => Read(weights, -1));
        Assert.Throws<ArgumentOutOfRangeException>("layer", () => Read(weights, 2));
        Assert.Throws<ArgumentException>("weights", () => weights.Read(0, new float[160]));
    }

    [Fact]
    public void Read_ManyThreads_GivesEachItsLayer()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
        GgufOutputWeights weights = engine.OutputWeights!;
        float[][] layers = [.. Enumerable.Range(0, engine.Model.Layers).Select(layer => Read(weights, layer))];

        Parallel.For(0, 8 * layers.Length, i => Assert.Equal(layers[i % layers.Length], Read(weights, i % layers.Length)));
    }

    [Fact]
    public void Read_FileThatIsGone_NamesIt()
    {
        string path = TestModels.Write(Shape);
        using LlamaSharpEngine engine = TestModels.Load(path);
        File.Delete(path);

        Assert.Contains(path, Assert.Throws<LlamaModelException>(() => Read(engine.OutputWeights!, 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_ALayerInAnotherFile_IsNull()
    {
        byte[] model = File.ReadAllBytes(TestModels.Write(Shape));
        model[model.AsSpan().IndexOf("blk.1.attn_output.weight"u8)] = (byte)'x';

        GgufOutputWeights weights = Open(Save(model))!;
        Assert.Null(weights.Of([0, 1]));
        Assert.Equal(Read(weights, 0), Read(weights.Of([0])!, 0));
    }

    [Fact]
    public void Of_SomeLayers_CountsThemFromZero()
    {
        GgufOutputWeights weights = Open(TestModels.Write(Shape))!;

        GgufOutputWeights second = weights.Of([1])!;
        Assert.Equal(Read(weights, 1), Read(second, 0));
        Assert.Throws<ArgumentOutOfRangeException>("layer", () => Read(second, 1));
        Assert.Null(weights.Of([2]));
    }

    [Theory]
    [InlineData(2, 8, 32, 160)]
    [InlineData(2, 4, 64, 160)]
    [InlineData(2, 4, 32, 128)]
    [InlineData(0, 4, 32, 160)]
    public void Open_AnotherShapeThanTheModels_IsNull(int layers, int queryHeads, int valueDimension, int embedding)
    {
        string path = TestModels.Write(Shape);
        LlamaModelInfo model = Info(path) with { Layers = layers, QueryHeads = queryHeads, ValueDimension = valueDimension };

        Assert.Null(GgufOutputWeights.Open(GgufFile.Read(path), model, embedding));
    }

    private static float[] Read(GgufOutputWeights weights, int layer)
    {
        float[] result = new float[weights.Embedding * weights.Inputs];
        weights.Read(layer, result);
        return result;
    }

    private static GgufOutputWeights? Open(string path) => GgufOutputWeights.Open(GgufFile.Read(path), Info(path), Shape.Embedding);

    private static LlamaModelInfo Info(string path)
    {
        using var fake = new FakeLlamaEngine();
        return fake.Model with { Path = path, Layers = Shape.Layers, QueryHeads = Shape.QueryHeads, ValueDimension = Shape.HeadDimension };
    }

    /// <summary>Where a layer's output weights have their type: behind the name, the number of dimensions and two extents.</summary>
    private static int TypeOf(byte[] model, int layer)
    {
        byte[] name = Encoding.ASCII.GetBytes($"blk.{layer}.attn_output.weight");
        return model.AsSpan().IndexOf(name) + name.Length + sizeof(uint) + (2 * sizeof(long));
    }

    private static string Save(byte[] model)
    {
        string path = TestModels.Scratch("changed.gguf");
        File.WriteAllBytes(path, model);
        return path;
    }

    private static float[] Dequantise(KvElementType type, ReadOnlySpan<byte> bytes, int count)
    {
        float[] result = new float[count];
        for (int i = 0; i < count; i++)
        {
            // A block has a scale and 32 elements; Q4_0's first half lies in the low nibbles.
            int within = i % 32;
            result[i] = type switch
            {
                KvElementType.F16 => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(2 * i)..]),
                KvElementType.BF16 => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]) << 16),
                KvElementType.Q8_0 => Scale(bytes, i / 32 * 34) * (sbyte)bytes[(i / 32 * 34) + 2 + within],
                _ => Scale(bytes, i / 32 * 18) * (((bytes[(i / 32 * 18) + 2 + (within % 16)] >> (within < 16 ? 0 : 4)) & 15) - 8),
            };
        }

        return result;

        static float Scale(ReadOnlySpan<byte> block, int at) => (float)BinaryPrimitives.ReadHalfLittleEndian(block[at..]);
    }
}
