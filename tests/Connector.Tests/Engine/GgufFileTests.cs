using System.Text;
using CurKv.Connector.Engine.Gguf;
using CurKv.Connector.Tests.Models;

namespace CurKv.Connector.Tests.Engine;

public class GgufFileTests
{
    // Single bytes, and lengths and counts whose sums and products overflow.
    private static readonly byte[][] Damages =
    [
        [0x80], [0xFF], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [1, 0, 0, 0, 0, 0, 0, 0x20], [1, 0, 0, 0, 0, 0, 0, 0x40],
    ];

    [Fact]
    public void Read_DamagedHead_ThrowsNothingButModelExceptions()
    {
        string path = TestModels.Write(new RandomModel());
        byte[] model = File.ReadAllBytes(path);
        int head = model.AsSpan().IndexOf(Encoding.UTF8.GetBytes("blk.0.attn_norm.weight"));
        using FileStream file = File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        for (int at = 0; at < head; at++)
        {
            // The vocabulary is thousands of alike entries.
            if (at > 1000 && at < head - 150 && at % 97 != 0)
            {
                continue;
            }

            foreach (byte[] damage in Damages)
            {
                Write(at, damage);
                Exception? e = Record.Exception(() => GgufFile.Read(path));
                Assert.True(e is null or LlamaModelException, $"{Convert.ToHexString(damage)} at {at}: {e}");
                Write(at, model[at..(at + damage.Length)]);
            }
        }

        Assert.Equal("llama", GgufFile.Read(path).Architecture);

        void Write(int at, byte[] bytes)
        {
            file.Position = at;
            file.Write(bytes);
            file.Flush();
        }
    }

    [Fact]
    public void Read_CutAnywhereInTheHead_SaysThatItIsCutOff()
    {
        byte[] model = Bytes(new RandomModel { Layers = 1 });
        string path = TestModels.Scratch("cut.gguf");
        for (int length = 24; length < model.Length / 2; length = (length * 9 / 8) + 1)
        {
            File.WriteAllBytes(path, model[..length]);

            Assert.Contains("cut off", Assert.Throws<LlamaModelException>(() => GgufFile.Read(path)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Number_WholeModel_GivesItsMetadata()
    {
        var shape = new RandomModel { Layers = 2, HeadDimension = 64, Architecture = "some" };
        GgufFile file = GgufFile.Read(TestModels.Write(shape));

        Assert.Equal("some", file.Architecture);
        Assert.Equal((2, 64), (file.Number("block_count"), file.Number("attention.key_length")));
        Assert.Null(file.Number("nosuch"));
        Assert.Null(file.Number("rope.freq_base"));
    }

    [Fact]
    public void Numbers_ANumberForEachLayerOrOneForAll_GivesThem()
    {
        GgufFile file = GgufFile.Read(TestModels.Write(new HybridModel()));

        Assert.Equal([0, 2, 0, 2], file.Numbers("attention.head_count_kv"));
        Assert.Equal([2], file.Numbers("attention.head_count"));
        Assert.Null(file.Numbers("nosuch"));
        Assert.Null(file.Number("attention.head_count_kv"));
    }

    [Fact]
    public void Read_DamagedTensors_ThrowsNothingButModelExceptions()
    {
        string path = TestModels.Write(new RandomModel { Layers = 1 });
        byte[] model = File.ReadAllBytes(path);
        int first = model.AsSpan().IndexOf("token_embd.weight"u8) - sizeof(long);
        int end = model.AsSpan().IndexOf("blk.0.ffn_down.weight"u8) + 60;
        for (int at = first; at < end; at++)
        {
            foreach (byte[] damage in Damages)
            {
                byte[] damaged = [.. model];
                damage.CopyTo(damaged, at);
                File.WriteAllBytes(path, damaged);
                Exception? e = Record.Exception(() => GgufFile.Read(path));
                Assert.True(e is null or LlamaModelException, $"{Convert.ToHexString(damage)} at {at}: {e}");
            }
        }
    }

    [Fact]
    public void Tensor_WholeModel_GivesItsShapeTypeAndPlace()
    {
        var shape = new RandomModel { Layers = 2, Embedding = 96, QueryHeads = 4, HeadDimension = 32 };
        string path = TestModels.Write(shape);
        GgufFile file = GgufFile.Read(path);

        GgufTensor tensor = file.Tensor("blk.1.attn_output.weight")!;
        Assert.Equal([128, 96], tensor.Shape);
        Assert.Equal(0u, tensor.Type);
        Assert.Equal(new ReferenceModel(shape, path).Weights("blk.1.attn_output.weight")[0], BitConverter.ToSingle(File.ReadAllBytes(path), (int)tensor.Position));
        Assert.Equal([96], file.Tensor("output_norm.weight")!.Shape);
        Assert.Null(file.Tensor("blk.2.attn_output.weight"));
    }

    private static byte[] Bytes(RandomModel model) => File.ReadAllBytes(TestModels.Write(model));
}
