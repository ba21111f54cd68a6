using System.Text;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;

namespace CurKv.Benchmarks.Interception;

/// <summary>
/// Writes a llama-architecture GGUF with random weights in q8_0: the attention of a large model's layers, little else, and no
/// vocabulary that texts could be read with.
/// </summary>
internal static class InterceptionModel
{
    public const int Layers = 8;
    public const int Heads = 8;
    public const int HeadDimension = 128;
    public const int Vocabulary = 256;

    private const int Embedding = 1024;
    private const int FeedForward = 256;
    private const int TrainedContext = 1 << 20;
    private const int Alignment = 32;
    private const string Embeddings = "token_embd.weight";

    /// <summary>Bytes of weights that every decoded token reads: of the embeddings it reads one row only.</summary>
    public static long WeightBytes => Tensors().Where(tensor => tensor.Name != Embeddings).Sum(tensor => tensor.Bytes);

    /// <summary>The cache of a context with one sequence and FlashAttention on.</summary>
    /// <param name="type">How keys and values are stored.</param>
    public static KvStateFormat CacheFormat(KvElementType type)
    {
        const int Channels = Heads * HeadDimension;
        var layer = new KvLayerFormat(type, KvTensor.SliceBytesOf(type, Channels), type, Channels);
        return new KvStateFormat(1, false, [.. Enumerable.Repeat(layer, Layers)]);
    }

    public static void Write(string path)
    {
        using var writer = new BinaryWriter(File.Create(path));
        Tensor[] tensors = [.. Tensors()];
        (string Key, object Value)[] metadata = [.. Metadata()];
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((long)tensors.Length);
        writer.Write((long)metadata.Length);
        foreach ((string key, object value) in metadata)
        {
            WriteText(writer, key);
            WriteValue(writer, value);
        }

        long offset = 0;
        foreach (Tensor tensor in tensors)
        {
            WriteHead(writer, tensor, offset);
            offset += tensor.Bytes;
        }

        // Every tensor's bytes are a multiple of the alignment, so this is the only gap.
        writer.Write(new byte[(Alignment - (writer.BaseStream.Position % Alignment)) % Alignment]);
        foreach (Tensor tensor in tensors)
        {
            WriteRows(writer, tensor);
        }
    }

    private static IEnumerable<Tensor> Tensors()
    {
        const int Channels = Heads * HeadDimension;
        yield return new Tensor(Embeddings, Vocabulary, Embedding);
        yield return new Tensor("output_norm.weight", 1, Embedding);
        yield return new Tensor("output.weight", Vocabulary, Embedding);
        for (int i = 0; i < Layers; i++)
        {
            yield return new Tensor($"blk.{i}.attn_norm.weight", 1, Embedding);
            yield return new Tensor($"blk.{i}.attn_q.weight", Channels, Embedding);
            yield return new Tensor($"blk.{i}.attn_k.weight", Channels, Embedding);
            yield return new Tensor($"blk.{i}.attn_v.weight", Channels, Embedding);
            yield return new Tensor($"blk.{i}.attn_output.weight", Embedding, Channels);
            yield return new Tensor($"blk.{i}.ffn_norm.weight", 1, Embedding);
            yield return new Tensor($"blk.{i}.ffn_gate.weight", FeedForward, Embedding);
            yield return new Tensor($"blk.{i}.ffn_up.weight", FeedForward, Embedding);
            yield return new Tensor($"blk.{i}.ffn_down.weight", Embedding, FeedForward);
        }
    }

    private static IEnumerable<(string Key, object Value)> Metadata()
    {
        yield return ("general.architecture", "llama");
        yield return ("general.name", "random");
        yield return ("llama.context_length", TrainedContext);
        yield return ("llama.embedding_length", Embedding);
        yield return ("llama.block_count", Layers);
        yield return ("llama.feed_forward_length", FeedForward);
        yield return ("llama.attention.head_count", Heads);
        yield return ("llama.attention.head_count_kv", Heads);
        yield return ("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        yield return ("llama.rope.dimension_count", HeadDimension);
        yield return ("llama.rope.freq_base", 500_000f);
        yield return ("llama.vocab_size", Vocabulary);
        yield return ("tokenizer.ggml.model", "none");
    }

    private static void WriteValue(BinaryWriter writer, object value)
    {
        const uint Number = 4, Real = 6, Text = 8;
        switch (value)
        {
            case int number:
                writer.Write(Number);
                writer.Write(number);
                break;
            case float real:
                writer.Write(Real);
                writer.Write(real);
                break;
            default:
                writer.Write(Text);
                WriteText(writer, (string)value);
                break;
        }
    }

    private static void WriteHead(BinaryWriter writer, Tensor tensor, long offset)
    {
        WriteText(writer, tensor.Name);
        long[] shape = tensor.IsNorm ? [tensor.Columns] : [tensor.Columns, tensor.Rows];
        writer.Write((uint)shape.Length);
        Array.ForEach(shape, writer.Write);
        writer.Write((uint)tensor.Type);
        writer.Write(offset);
    }

    private static void WriteRows(BinaryWriter writer, Tensor tensor)
    {
        if (tensor.IsNorm)
        {
            Array.ForEach([.. Enumerable.Repeat(1f, tensor.Columns)], writer.Write);
            return;
        }

        // What a row is multiplied with keeps its size.
        var numbers = new NormalNumbers(tensor.Type, 1 / MathF.Sqrt(tensor.Columns));
        byte[] row = new byte[tensor.Bytes / tensor.Rows];
        for (int i = 0; i < tensor.Rows; i++)
        {
            numbers.Fill(row);
            writer.Write(row);
        }
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        writer.Write((long)utf8.Length);
        writer.Write(utf8);
    }

    private readonly record struct Tensor(string Name, int Rows, int Columns)
    {
        public bool IsNorm => Rows == 1;

        public KvElementType Type => IsNorm ? KvElementType.F32 : KvElementType.Q8_0;

        public long Bytes => Rows * (long)KvTensor.SliceBytesOf(Type, Columns);
    }
}
