using System.Runtime.InteropServices;
using System.Text;

namespace CurKv.Benchmarks.Gpu;

/// <summary>Writes a GGUF of random f16 weights: a real shape, at the speed of the disk. Matrices are pieces of one pool of normal numbers.</summary>
internal sealed class ModelFile(ModelShape shape)
{
    private const int Alignment = 32;
    private const int ByteTokens = 256;
    private const int PoolElements = 1 << 24;
    private const int PieceBytes = 1 << 24;

    /// <summary>Writes the model.</summary>
    /// <returns>Bytes of the weights.</returns>
    public long Write(string path)
    {
        List<(string Name, int Rows, int Columns)> tensors = [.. Tensors()];
        long[] offsets = new long[tensors.Count];
        long length = 0;
        for (int i = 0; i < tensors.Count; i++)
        {
            offsets[i] = length;
            length += (Bytes(tensors[i]) + Alignment - 1) / Alignment * Alignment;
        }

        byte[] head = Head(tensors, offsets);
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None, FileOptions.None, head.Length + length);
        RandomAccess.Write(file, head, 0);
        float[] normal = Normal();
        Parallel.For(0, tensors.Count, i =>
        {
            ReadOnlySpan<byte> pool = Pool(tensors[i], normal);
            var random = new Random(i);
            for (long done = 0; done < Bytes(tensors[i]);)
            {
                int start = random.Next(pool.Length / 4) / 4 * 4;
                int count = (int)Math.Min(Math.Min(PieceBytes, pool.Length - start), Bytes(tensors[i]) - done);
                RandomAccess.Write(file, pool.Slice(start, count), head.Length + offsets[i] + done);
                done += count;
            }
        });
        return length;
    }

    private static bool IsNorm((string Name, int Rows, int Columns) tensor) => tensor.Rows == 0;

    private static long Bytes((string Name, int Rows, int Columns) tensor) =>
        IsNorm(tensor) ? tensor.Columns * 4L : (long)tensor.Rows * tensor.Columns * 2;

    private static float[] Normal()
    {
        var normal = new float[PoolElements];
        var random = new Random(1);
        for (int i = 0; i < normal.Length; i++)
        {
            // The sum of twelve uniform numbers is as good as normal here, and fast.
            ulong bits = (ulong)random.NextInt64();
            int sum = 0;
            for (int k = 0; k < 12; k++, bits >>= 5)
            {
                sum += (int)(bits & 31);
            }

            normal[i] = (sum - 186) / 32f;
        }

        return normal;
    }

    private static ReadOnlySpan<byte> Pool((string Name, int Rows, int Columns) tensor, float[] normal)
    {
        if (IsNorm(tensor))
        {
            return MemoryMarshal.AsBytes<float>(Array.ConvertAll(normal[..(4 * tensor.Columns)], value => 1 + (0.1f * value)));
        }

        // Sharper keys and queries than trained ones' average: attention that is all alike would be too easy to compress.
        float scale = tensor.Name.EndsWith("_q.weight", StringComparison.Ordinal) || tensor.Name.EndsWith("_k.weight", StringComparison.Ordinal)
            ? MathF.Sqrt(2f / tensor.Columns)
            : tensor.Name == "token_embd.weight" ? 1 : 1 / MathF.Sqrt(tensor.Columns);
        var pool = new Half[PoolElements];
        for (int i = 0; i < pool.Length; i++)
        {
            pool[i] = (Half)(normal[i] * scale);
        }

        return MemoryMarshal.AsBytes<Half>(pool);
    }

    // Norms have no rows.
    private IEnumerable<(string Name, int Rows, int Columns)> Tensors()
    {
        yield return ("token_embd.weight", shape.Vocabulary, shape.Embedding);
        yield return ("output_norm.weight", 0, shape.Embedding);
        yield return ("output.weight", shape.Vocabulary, shape.Embedding);
        for (int i = 0; i < shape.Layers; i++)
        {
            yield return ($"blk.{i}.attn_norm.weight", 0, shape.Embedding);
            yield return ($"blk.{i}.attn_q.weight", shape.QueryHeads * shape.HeadDimension, shape.Embedding);
            yield return ($"blk.{i}.attn_k.weight", shape.KvHeads * shape.HeadDimension, shape.Embedding);
            yield return ($"blk.{i}.attn_v.weight", shape.KvHeads * shape.HeadDimension, shape.Embedding);
            yield return ($"blk.{i}.attn_output.weight", shape.Embedding, shape.QueryHeads * shape.HeadDimension);
            yield return ($"blk.{i}.ffn_norm.weight", 0, shape.Embedding);
            yield return ($"blk.{i}.ffn_gate.weight", shape.FeedForward, shape.Embedding);
            yield return ($"blk.{i}.ffn_up.weight", shape.FeedForward, shape.Embedding);
            yield return ($"blk.{i}.ffn_down.weight", shape.Embedding, shape.FeedForward);
        }
    }

    private byte[] Head(List<(string Name, int Rows, int Columns)> tensors, long[] offsets)
    {
        var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        List<Action> metadata = [.. Metadata(writer)];
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((long)tensors.Count);
        writer.Write((long)metadata.Count);
        metadata.ForEach(write => write());
        for (int i = 0; i < tensors.Count; i++)
        {
            Text(writer, tensors[i].Name);
            writer.Write(IsNorm(tensors[i]) ? 1u : 2u);
            writer.Write((long)tensors[i].Columns);
            if (!IsNorm(tensors[i]))
            {
                writer.Write((long)tensors[i].Rows);
            }

            writer.Write(IsNorm(tensors[i]) ? 0u : 1u);
            writer.Write(offsets[i]);
        }

        while (stream.Length % Alignment != 0)
        {
            writer.Write((byte)0);
        }

        return stream.ToArray();
    }

    private IEnumerable<Action> Metadata(BinaryWriter writer)
    {
        yield return () => Entry("general.architecture", "llama");
        yield return () => Entry("general.name", shape.Name);
        yield return () => Number("llama.context_length", 131072);
        yield return () => Number("llama.embedding_length", shape.Embedding);
        yield return () => Number("llama.block_count", shape.Layers);
        yield return () => Number("llama.feed_forward_length", shape.FeedForward);
        yield return () => Number("llama.attention.head_count", shape.QueryHeads);
        yield return () => Number("llama.attention.head_count_kv", shape.KvHeads);
        yield return () => Number("llama.attention.key_length", shape.HeadDimension);
        yield return () => Number("llama.attention.value_length", shape.HeadDimension);
        yield return () => Number("llama.rope.dimension_count", shape.HeadDimension);
        yield return () => Number("llama.vocab_size", shape.Vocabulary);
        yield return () => Real("llama.rope.freq_base", shape.RopeBase);
        yield return () => Real("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        yield return () => Entry("tokenizer.ggml.model", "llama");
        yield return () => Array("tokenizer.ggml.tokens", 8, i => Text(writer, Token(i)));
        yield return () => Array("tokenizer.ggml.scores", 6, i => writer.Write((float)-i));
        yield return () => Array("tokenizer.ggml.token_type", 5, i => writer.Write(i == 0 ? 2 : i < 3 ? 3 : i < 3 + ByteTokens ? 6 : 1));
        yield return () => Number("tokenizer.ggml.bos_token_id", 1);
        yield return () => Number("tokenizer.ggml.eos_token_id", 2);
        yield return () => Number("tokenizer.ggml.unknown_token_id", 0);

        void Entry(string key, string value)
        {
            Key(key, 8);
            Text(writer, value);
        }

        void Number(string key, int value)
        {
            Key(key, 4);
            writer.Write(value);
        }

        void Real(string key, float value)
        {
            Key(key, 6);
            writer.Write(value);
        }

        void Array(string key, uint type, Action<int> item)
        {
            Key(key, 9);
            writer.Write(type);
            writer.Write((long)shape.Vocabulary);
            for (int i = 0; i < shape.Vocabulary; i++)
            {
                item(i);
            }
        }

        void Key(string key, uint type)
        {
            Text(writer, key);
            writer.Write(type);
        }
    }

    private static string Token(int id) => id switch
    {
        0 => "<unk>",
        1 => "<s>",
        2 => "</s>",
        < 3 + ByteTokens => $"<0x{id - 3:X2}>",
        _ => $"t{id}",
    };

    private static void Text(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((long)bytes.Length);
        writer.Write(bytes);
    }
}
