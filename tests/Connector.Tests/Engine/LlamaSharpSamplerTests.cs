using CurKv.Connector.Engine;

namespace CurKv.Connector.Tests.Engine;

public sealed class LlamaSharpSamplerTests(SamplerHarness harness) : IClassFixture<SamplerHarness>
{
    private static readonly int A = SamplerHarness.Token('a');
    private static readonly int B = SamplerHarness.Token('b');
    private static readonly int C = SamplerHarness.Token('c');

    private static readonly Dictionary<string, (SamplerSettings Settings, int[] Prompt, (int, float)[] Logits, int Drawn)> GreedyTable = new()
    {
        ["the likeliest"] = (SamplerHarness.Greedy, [], [(A, 1), (B, 2)], B),
        ["the first of equals"] = (SamplerHarness.Greedy, [], [(C, 2), (B, 2)], B),
        ["the first of equals, with a bias"] = (SamplerHarness.Greedy with { LogitBias = Bias(A, 1) }, [], [(A, 1), (B, 2), (C, 2)], A),
        ["bias lifts"] = (SamplerHarness.Greedy with { LogitBias = Bias(A, 1.5f) }, [], [(A, 1), (B, 2)], A),
        ["bias forbids"] = (SamplerHarness.Greedy with { LogitBias = Bias(B, float.NegativeInfinity) }, [], [(A, 1), (B, 2)], A),
        ["repeat divides"] = (SamplerHarness.Greedy with { RepeatPenalty = 2.5f }, [B], [(A, 1), (B, 2)], A),
        ["repeat multiplies what is negative"] = (SamplerHarness.Greedy with { RepeatPenalty = 2.5f }, [B], [(A, -2), (B, -1)], A),
        ["repeat is too weak"] = (SamplerHarness.Greedy with { RepeatPenalty = 1.5f }, [B], [(A, 1), (B, 2)], B),
        ["repeat looks back so far only"] = (SamplerHarness.Greedy with { RepeatPenalty = 2.5f, RepeatLastN = 2 }, [B, C, C], [(A, 1), (B, 2)], B),
        ["repeat looks back over all"] = (SamplerHarness.Greedy with { RepeatPenalty = 2.5f, RepeatLastN = -1 }, [B, C, C], [(A, 1), (B, 2)], A),
        ["frequency counts"] = (SamplerHarness.Greedy with { FrequencyPenalty = 0.4f }, [B, B, B], [(A, 1), (B, 2)], A),
        ["frequency counts too little"] = (SamplerHarness.Greedy with { FrequencyPenalty = 0.4f }, [B, B], [(A, 1), (B, 2)], B),
        ["presence counts once"] = (SamplerHarness.Greedy with { PresencePenalty = 0.9f }, [B, B], [(A, 1), (B, 2)], B),
        ["presence"] = (SamplerHarness.Greedy with { PresencePenalty = 1.1f }, [B], [(A, 1), (B, 2)], A),

        // "abcab" wants its "c" again: a repetition of two tokens costs 1, which one of three costs 1.75.
        ["DRY"] = (SamplerHarness.Greedy with { DryMultiplier = 1.1f }, [A, B, C, A, B], [(C, 2), (A, 1)], A),
        ["DRY is too weak"] = (SamplerHarness.Greedy with { DryMultiplier = 0.9f }, [A, B, C, A, B], [(C, 2), (A, 1)], C),
        ["DRY allows more"] = (SamplerHarness.Greedy with { DryMultiplier = 1.1f, DryAllowedLength = 3 }, [A, B, C, A, B], [(C, 2), (A, 1)], C),
        ["DRY grows"] = (SamplerHarness.Greedy with { DryMultiplier = 0.6f, DryBase = 2 }, [B, A, B, C, B, A, B], [(C, 2), (A, 1)], A),
        ["DRY looks back so far only"] = (SamplerHarness.Greedy with { DryMultiplier = 1.1f, DryPenaltyLastN = 4 }, [A, B, C, A, B], [(C, 2), (A, 1)], C),
        ["DRY stops at a breaker"] = (SamplerHarness.Greedy with { DryMultiplier = 1.1f, DrySequenceBreakers = ["a"] }, [A, B, C, A, B], [(C, 2), (A, 1)], C),
    };

    private static readonly Dictionary<string, (SamplerSettings Settings, (int, float)[] Logits, int[] Drawn)> DrawTable = new()
    {
        ["all"] = (SamplerHarness.Plain, [(A, 3), (B, 3), (C, 2)], [A, B, C]),
        ["top-k"] = (SamplerHarness.Plain with { TopK = 2 }, [(A, 3), (B, 3), (C, 2)], [A, B]),
        ["top-p"] = (SamplerHarness.Plain with { TopP = 0.8f }, [(A, 3), (B, 3), (C, 2)], [A, B]),
        ["min-p"] = (SamplerHarness.Plain with { MinP = 0.5f }, [(A, 3), (B, 3), (C, 2)], [A, B]),
        ["top-n-sigma"] = (SamplerHarness.Plain with { TopNSigma = 0.1f }, [(A, 3), (B, 3), (C, 2)], [A, B]),
        ["low temperature"] = (SamplerHarness.Plain with { Temperature = 0.01f }, [(A, 3), (B, 3), (C, 2)], [A, B]),

        // Of 0.71, 0.26 and 0.035 the second is nearest to the entropy of 0.71 nats.
        ["typical-p"] = (SamplerHarness.Plain with { TypicalP = 0.2f }, [(A, 3), (B, 2), (C, 0)], [A]),
        ["XTC takes all but the last above its threshold"] = (SamplerHarness.Plain with { XtcProbability = 1, XtcThreshold = 0.2f }, [(A, 3), (B, 3), (C, 2.9f)], [C]),
        ["XTC seldom does"] = (SamplerHarness.Plain with { XtcProbability = 0.3f, XtcThreshold = 0.2f }, [(A, 3), (B, 3), (C, 2.9f)], [A, B, C]),
        ["bias forbids"] = (SamplerHarness.Plain with { LogitBias = Bias(B, float.NegativeInfinity) }, [(A, 3), (B, 3)], [A]),
    };

    public static TheoryData<string> GreedyCases => [.. GreedyTable.Keys];

    public static TheoryData<string> DrawCases => [.. DrawTable.Keys];

    [Theory]
    [InlineData(-1)]
    [InlineData(SamplerHarness.Vocabulary)]
    public void CreateSampler_BiasOfNoToken_Throws(int token) =>
        Assert.Equal("logit_bias", Assert.Throws<ArgumentOutOfRangeException>(() => harness.Sampler(SamplerHarness.Greedy with { LogitBias = Bias(token, 1) })).ParamName);

    [Theory]
    [MemberData(nameof(GreedyCases))]
    public void Sample_NoTemperature_TakesTheLikeliest(string name)
    {
        (SamplerSettings settings, int[] prompt, (int, float)[] logits, int drawn) = GreedyTable[name];
        using LlamaSharpSampler sampler = harness.Sampler(settings);
        sampler.AcceptPrompt(prompt);

        Assert.Equal(drawn, sampler.Sample(SamplerHarness.Logits(logits)));
    }

    [Theory]
    [MemberData(nameof(DrawCases))]
    public void Sample_Temperature_DrawsFromWhatIsLeft(string name)
    {
        (SamplerSettings settings, (int, float)[] logits, int[] drawn) = DrawTable[name];
        var tokens = new SortedSet<int>();
        using LlamaSharpSampler sampler = harness.Sampler(settings);
        for (int i = 0; i < 200; i++)
        {
            tokens.Add(sampler.Sample(SamplerHarness.Logits(logits)));
        }

        Assert.Equal(drawn, tokens);
    }

    [Fact]
    public void Sample_Penalties_CountWhatWasDrawn()
    {
        using LlamaSharpSampler sampler = harness.Sampler(SamplerHarness.Greedy with { PresencePenalty = 1.5f });
        float[] logits = SamplerHarness.Logits((A, 3), (B, 2), (C, 1));

        Assert.Equal([A, B, A, A], Enumerable.Range(0, 4).Select(_ => sampler.Sample(logits)));
    }

    [Fact]
    public void Sample_SameSeed_DrawsTheSame()
    {
        Func<int, float[]> same = SamplerHarness.Random(3);
        float[][] logits = [.. Enumerable.Range(0, 50).Select(same)];
        int[][] drawn = [.. new uint[] { 5, 5, 6 }.Select(seed => Drawn(SamplerHarness.Plain with { Seed = seed, XtcProbability = 0.5f, XtcThreshold = 0.01f }))];

        Assert.Equal(drawn[0], drawn[1]);
        Assert.NotEqual(drawn[0], drawn[2]);

        int[] Drawn(SamplerSettings settings)
        {
            using LlamaSharpSampler sampler = harness.Sampler(settings);
            return [.. logits.Select(each => sampler.Sample(each))];
        }
    }

    [Fact]
    public void Sample_GrammarThatRefusesNothing_DrawsAsWithout()
    {
        SamplerSettings settings = SamplerHarness.Plain with { TopK = 20 };
        Func<int, float[]> logits = index => SamplerHarness.Logits([.. Enumerable.Range('a', 26).Select(letter => (SamplerHarness.Token((char)letter), letter * index % 7f))]);

        Assert.Equal(harness.Answer(settings, logits), harness.Answer(settings with { Grammar = new("root ::= [a-z]*") }, logits));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Sample_AfterTheFirstTokens_AllocatesNothing(float temperature)
    {
        using LlamaSharpSampler sampler = harness.Sampler(SamplerHarness.Greedy with
        {
            Temperature = temperature,
            TopK = 5,
            RepeatPenalty = 1.1f,
            LogitBias = Bias(A, 1),
            Grammar = new("root ::= [x-z] [m-p] root"),
        });
        float[][] logits = [.. Enumerable.Range(0, 60).Select(SamplerHarness.Random(4))];
        foreach (float[] each in logits)
        {
            sampler.Sample(each);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (float[] each in logits)
        {
            sampler.Sample(each);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static Dictionary<int, float> Bias(int token, float bias) => new() { [token] = bias };
}
