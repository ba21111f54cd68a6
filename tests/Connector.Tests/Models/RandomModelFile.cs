namespace CurKv.Connector.Tests.Models;

/// <summary>
/// Writes random models with seeded float32 weights: no quantisation, so that logits can be compared with an independent forward
/// pass to rounding.
/// </summary>
internal static class RandomModelFile
{
    private const int ByteTokens = 256;

    /// <summary>Writes a model.</summary>
    public static void Write(IRandomModel model, string path)
    {
        var gguf = new GgufWriter(model.Architecture);
        gguf.Text("general.name", "random");
        gguf.Number("context_length", 65536);
        gguf.Number("block_count", model.Layers);
        gguf.Number("vocab_size", model.Vocabulary);
        model.Describe(gguf);
        Tokenizer(gguf, model.Vocabulary);

        var random = new Random(model.Seed);
        foreach ((string name, int[] shape) in model.Tensors())
        {
            gguf.Tensor(name, shape, Weights(name, shape, random));
        }

        gguf.Write(path);
    }

    // Norms and Mamba's skip connection are near 1, Mamba's decays are negative, and products keep the size of what they multiply.
    private static Func<float> Weights(string name, int[] shape, Random random)
    {
        double scale = name.EndsWith(".bias", StringComparison.Ordinal) ? 0.1 : 1 / Math.Sqrt(shape[^1]);
        if (name.EndsWith("norm.weight", StringComparison.Ordinal) || name.EndsWith("ssm_d", StringComparison.Ordinal))
        {
            return () => (float)(1 + (0.1 * Gaussian(random)));
        }

        return name.EndsWith("ssm_a", StringComparison.Ordinal)
            ? () => (float)-Math.Abs(Gaussian(random))
            : () => (float)(Gaussian(random) * scale);
    }

    private static void Tokenizer(GgufWriter gguf, int vocabulary)
    {
        gguf.Text("tokenizer.ggml.model", "llama");
        gguf.Array("tokenizer.ggml.tokens", 8, vocabulary, (writer, i) => GgufWriter.WriteString(writer, Token(i)));
        gguf.Array("tokenizer.ggml.scores", 6, vocabulary, (writer, i) => writer.Write((float)-i));
        gguf.Array("tokenizer.ggml.token_type", 5, vocabulary, (writer, i) => writer.Write(TokenType(i)));
        gguf.PlainNumber("tokenizer.ggml.bos_token_id", 1);
        gguf.PlainNumber("tokenizer.ggml.eos_token_id", 2);
        gguf.PlainNumber("tokenizer.ggml.unknown_token_id", 0);
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

    private static double Gaussian(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
