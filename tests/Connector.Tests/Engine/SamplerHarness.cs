using System.Text;
using CurKv.Connector.Engine;
using CurKv.Connector.Tests.Models;

namespace CurKv.Connector.Tests.Engine;

/// <summary>Samplers over a random model's vocabulary, a token for each byte, with logits that tests make up.</summary>
public sealed class SamplerHarness : IDisposable
{
    public const int EndOfGeneration = 2;

    public const int Vocabulary = 320;

    private const int FirstByteToken = 3;

    private readonly string _path = TestModels.Write(new RandomModel { Layers = 1, Vocabulary = Vocabulary });

    public SamplerHarness() => Engine = TestModels.Load(_path);

    internal LlamaSharpEngine Engine { get; }

    internal static SamplerSettings Greedy { get; } = new() { Temperature = 0, TopK = 0, TopP = 1, MinP = 0, Seed = 1 };

    /// <summary>Draws as the logits say, and from all tokens.</summary>
    internal static SamplerSettings Plain { get; } = Greedy with { Temperature = 1 };

    internal static SamplerSettings With(string gbnf, params string[] triggers) => Greedy with { Grammar = new OutputGrammar(gbnf) { Triggers = triggers } };

    /// <summary>The token that is this character alone.</summary>
    public static int Token(char character) => FirstByteToken + character;

    /// <summary>Logits that are low but for these tokens.</summary>
    public static float[] Logits(params IReadOnlyList<(int Token, float Logit)> high)
    {
        float[] logits = new float[Vocabulary];
        Array.Fill(logits, -20);
        foreach ((int token, float logit) in high)
        {
            logits[token] = logit;
        }

        return logits;
    }

    /// <summary>Logits that want a text's bytes, one after the other, and then the end.</summary>
    public static Func<int, float[]> Wanting(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return index => Logits((index < bytes.Length ? FirstByteToken + bytes[index] : EndOfGeneration, 5));
    }

    /// <summary>Seeded logits, others for each token.</summary>
    public static Func<int, float[]> Random(int seed)
    {
        var random = new Random(seed);
        return _ => [.. Enumerable.Range(0, Vocabulary).Select(_ => (float)(random.NextDouble() * 10))];
    }

    internal LlamaSharpSampler Sampler(SamplerSettings settings) => (LlamaSharpSampler)Engine.CreateSampler(settings);

    /// <summary>Draws tokens until the end, and returns their text; without an end, "…" follows.</summary>
    internal string Answer(SamplerSettings settings, Func<int, float[]> logits, int limit = 200)
    {
        using LlamaSharpSampler sampler = Sampler(settings);
        var bytes = new List<byte>();
        for (int i = 0; i < limit; i++)
        {
            int token = sampler.Sample(logits(i));
            if (token == EndOfGeneration)
            {
                return Encoding.UTF8.GetString([.. bytes]);
            }

            bytes.AddRange(Piece(token));
        }

        return Encoding.UTF8.GetString([.. bytes]) + "…";
    }

    public void Dispose()
    {
        Engine.Dispose();
        File.Delete(_path);
    }

    private byte[] Piece(int token)
    {
        byte[] piece = new byte[16];
        return piece[..Engine.Piece(token, piece, special: true)];
    }
}
