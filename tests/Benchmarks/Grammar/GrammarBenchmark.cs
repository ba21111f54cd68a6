using System.Diagnostics;
using CurKv.Connector.Engine;
using Microsoft.Extensions.Logging.Abstractions;

namespace CurKv.Benchmarks.Grammar;

/// <summary>
/// Decodes an answer that a grammar binds, and the very same tokens without one, alternating. The model is small and was not taught
/// the form: decoding is cheap and most first draws are refused, so that the grammar's share is the highest to be met.
/// </summary>
internal sealed class GrammarBenchmark : IDisposable
{
    /// <summary>What a JSON schema with strings, numbers, choices and arrays becomes.</summary>
    private const string JsonGrammar = """
        root ::= "{" space name "," space age "," space role "," space tags "}" space root
        name ::= "\"name\":" space string
        age ::= "\"age\":" space integer
        role ::= "\"role\":" space ("\"miner\"" | "\"painter\"" | "\"baker\"" | "\"judge\"")
        tags ::= "\"tags\":" space "[" space (string ("," space string)*)? "]" space
        string ::= "\"" char* "\"" space
        char ::= [^"\\\x7F\x00-\x1F] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4})
        integer ::= "-"? ("0" | [1-9] [0-9]{0,15}) space
        space ::= | " " | "\n" [ \t]{0,20}
        """;

    private readonly LlamaSharpEngine _engine;
    private readonly ILlamaContext _context;
    private readonly int[] _prompt;

    public GrammarBenchmark(string modelPath, int tokens)
    {
        _engine = LlamaSharpEngine.Load(new LlamaEngineSettings(modelPath), NullLogger.Instance, null, CancellationToken.None);
        _prompt = _engine.Tokenize("The story of the miner and the rope is well known.", addSpecial: true, parseSpecial: false);
        _context = _engine.CreateContext(new LlamaContextSettings { ContextSize = tokens + _prompt.Length, Threads = 1 }, hook: null);
        Tokens = tokens;
    }

    private int Tokens { get; }

    /// <summary>Measures one way of drawing; medians of the rounds.</summary>
    public GrammarRow Run(float temperature, int rounds)
    {
        var free = new SamplerSettings { Temperature = temperature, TopK = 40, TopP = 0.95f, MinP = 0.05f, Seed = 1 };
        SamplerSettings bound = free with { Grammar = new OutputGrammar(JsonGrammar) };
        int[] answer = new int[Tokens];
        List<(double Decode, double Sample)> frees = [];
        List<(double Decode, double Sample)> bounds = [];
        int refused = 0;
        for (int round = -1; round < rounds; round++)
        {
            (double Decode, double Sample) ofBound = Answer(bound, answer, follow: false);
            (double Decode, double Sample) ofFree = Answer(free, [.. answer], follow: true);
            if (round >= 0)
            {
                bounds.Add(ofBound);
                frees.Add(ofFree);
            }
        }

        refused = CountRefused(free, answer);
        return new GrammarRow(
            temperature, Tokens, (double)refused / Tokens, Median(frees, each => each.Decode), Median(frees, each => each.Sample), Median(bounds, each => each.Sample),
            (Median(bounds, each => each.Sample) - Median(frees, each => each.Sample)) / Median(frees, each => each.Decode + each.Sample));
    }

    public void Dispose()
    {
        _context.Dispose();
        _engine.Dispose();
    }

    private static double Median(List<(double Decode, double Sample)> rounds, Func<(double Decode, double Sample), double> value)
    {
        double[] sorted = [.. rounds.Select(value).Order()];
        return sorted[sorted.Length / 2];
    }

    /// <summary>Microseconds for each token. Following, the tokens are those of the answer before, whatever is drawn.</summary>
    private (double Decode, double Sample) Answer(SamplerSettings settings, int[] answer, bool follow)
    {
        using ILlamaSampler sampler = Start(settings);
        long decode = 0;
        long sample = 0;
        for (int i = 0; i < answer.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            int token = _context.Sample(sampler);
            sample += Stopwatch.GetTimestamp() - start;
            answer[i] = follow ? answer[i] : token;
            start = Stopwatch.GetTimestamp();
            _context.Decode([answer[i]], _prompt.Length + i, 0, logits: true);
            _context.Synchronize();
            decode += Stopwatch.GetTimestamp() - start;
        }

        return (Microseconds(decode), Microseconds(sample));
    }

    private int CountRefused(SamplerSettings free, int[] answer)
    {
        using ILlamaSampler sampler = Start(free);
        int refused = 0;
        for (int i = 0; i < answer.Length; i++)
        {
            refused += _context.Sample(sampler) == answer[i] ? 0 : 1;
            _context.Decode([answer[i]], _prompt.Length + i, 0, logits: true);
        }

        return refused;
    }

    private ILlamaSampler Start(SamplerSettings settings)
    {
        _context.SequenceRemove(0);
        _context.Decode(_prompt, 0, 0, logits: true);
        return _engine.CreateSampler(settings);
    }

    private double Microseconds(long ticks) => ticks * 1e6 / Stopwatch.Frequency / Tokens;
}
