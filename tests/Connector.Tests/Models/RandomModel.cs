using System.Text;

namespace CurKv.Connector.Tests.Models;

/// <summary>
/// Writes a small llama-architecture GGUF with seeded random float32 weights: no quantisation, so that logits can be compared with
/// an independent forward pass to rounding.
/// </summary>
internal sealed record RandomModel
{
    private const int Alignment = 32;
    private const int ByteTokens = 256;

    public int Layers { get; init; } = 3;

    public int Embedding { get; init; } = 64;

    public int QueryHeads { get; init; } = 4;

    public int KvHeads { get; init; } = 2;

    public int HeadDimension { get; init; } = 32;

    public int FeedForward { get; init; } = 128;

    public int Vocabulary { get; init; } = 320;

    public string Architecture { get; init; } = "llama";

    public int Seed { get; init; } = 1;

    public const float RopeBase = 10000;

    public const float NormEpsilon = 1e-5f;

    /// <summary>Writes the model.</summary>
    public void Write(string path)
    {
        using FileStream stream = File.Create(path);
        using var writer = new BinaryWriter(stream);
        List<(string Name, int[] Shape)> tensors = [.. Tensors()];
        List<Action> metadata = [.. Metadata(writer)];
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((long)tensors.Count);
        writer.Write((long)metadata.Count);
        metadata.ForEach(write => write());

        long offset = 0;
        foreach ((string name, int[] shape) in tensors)
        {
            WriteString(writer, name);
            writer.Write((uint)shape.Length);
            foreach (int extent in shape.Reverse())
            {
                writer.Write((long)extent);
            }

            writer.Write(0u);
            writer.Write(offset);
            offset += Padded(shape.Aggregate(4L, (bytes, extent) => bytes * extent));
        }

        Pad(writer);
        var random = new Random(Seed);
        foreach ((string name, int[] shape) in tensors)
        {
            int count = shape.Aggregate(1, (product, extent) => product * extent);
            double scale = 1 / Math.Sqrt(shape[^1]);
            for (int i = 0; i < count; i++)
            {
                double value = Gaussian(random);
                writer.Write((float)(name.EndsWith("norm.weight", StringComparison.Ordinal) ? 1 + (0.1 * value) : value * scale));
            }

            Pad(writer);
        }
    }

    private IEnumerable<(string Name, int[] Shape)> Tensors()
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

    private IEnumerable<Action> Metadata(BinaryWriter writer)
    {
        string a = Architecture;
        yield return () => Entry("general.architecture", a);
        yield return () => Entry("general.name", "random");
        yield return () => Number("context_length", 65536);
        yield return () => Number("embedding_length", Embedding);
        yield return () => Number("block_count", Layers);
        yield return () => Number("feed_forward_length", FeedForward);
        yield return () => Number("attention.head_count", QueryHeads);
        yield return () => Number("attention.head_count_kv", KvHeads);
        yield return () => Number("attention.key_length", HeadDimension);
        yield return () => Number("attention.value_length", HeadDimension);
        yield return () => Number("rope.dimension_count", HeadDimension);
        yield return () => Number("vocab_size", Vocabulary);
        yield return () => Float($"{a}.rope.freq_base", RopeBase);
        yield return () => Float($"{a}.attention.layer_norm_rms_epsilon", NormEpsilon);
        yield return () => Entry("tokenizer.ggml.model", "llama");
        yield return () => Array("tokenizer.ggml.tokens", 8, i => WriteString(writer, Token(i)));
        yield return () => Array("tokenizer.ggml.scores", 6, i => writer.Write((float)-i));
        yield return () => Array("tokenizer.ggml.token_type", 5, i => writer.Write(TokenType(i)));
        yield return () => Plain("tokenizer.ggml.bos_token_id", 1);
        yield return () => Plain("tokenizer.ggml.eos_token_id", 2);
        yield return () => Plain("tokenizer.ggml.unknown_token_id", 0);

        void Entry(string key, string value)
        {
            WriteString(writer, key);
            writer.Write(8u);
            WriteString(writer, value);
        }

        void Number(string key, int value) => Plain($"{a}.{key}", value);

        void Plain(string key, int value)
        {
            WriteString(writer, key);
            writer.Write(4u);
            writer.Write(value);
        }

        void Float(string key, float value)
        {
            WriteString(writer, key);
            writer.Write(6u);
            writer.Write(value);
        }

        void Array(string key, uint type, Action<int> item)
        {
            WriteString(writer, key);
            writer.Write(9u);
            writer.Write(type);
            writer.Write((long)Vocabulary);
            for (int i = 0; i < Vocabulary; i++)
            {
                item(i);
            }
        }
    }

    private static string Token(int id) => id switch
    {
        0 => "<unk>",
        1 => "<s>",
        2 => "</s>",
        < 3 + ByteTokens => $"<0x{id - 3:X2}>",
        3 + ByteTokens => "\u2581",
        _ => $"t{id}",
    };

    private static int TokenType(int id) => id switch
    {
        0 => 2,
        1 or 2 => 3,
        < 3 + ByteTokens => 6,
        _ => 1,
    };

    private static void WriteString(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((long)bytes.Length);
        writer.Write(bytes);
    }

    private static long Padded(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    private static void Pad(BinaryWriter writer)
    {
        while (writer.BaseStream.Position % Alignment != 0)
        {
            writer.Write((byte)0);
        }
    }

    private static double Gaussian(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
