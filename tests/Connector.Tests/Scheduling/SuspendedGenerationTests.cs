using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Tests.KvCache;
using CurKv.Connector.Tests.Models;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies.Leverage;
using Microsoft.Extensions.Logging.Abstractions;

namespace CurKv.Connector.Tests.Scheduling;

/// <summary>An answer whose cells are taken out for others, and put back, is the one that it is alone.</summary>
public class SuspendedGenerationTests
{
    private const int Length = 120;

    public static TheoryData<string, KvElementType, string?> Caches => new()
    {
        { "dense", KvElementType.F32, null },
        { "dense", KvElementType.F16, null },
        { "dense", KvElementType.Q8_0, null },
        { "dense", KvElementType.F32, "curdkv" },
        { "dense", KvElementType.F16, "keydiff" },
        { "dense", KvElementType.F32, "snapkv(window=16)" },
        { "window", KvElementType.F16, null },
        { "window", KvElementType.F16, "curdkv" },
        { "hybrid", KvElementType.F16, null },
        { "hybrid", KvElementType.F16, "curdkv" },
        { "recurrent", KvElementType.F16, null },
    };

    [Theory]
    [MemberData(nameof(Caches))]
    public void Run_OthersInBetween_AnswersAsIfAlone(string model, KvElementType cache, string? policy)
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Write(Shape(model)));
        using SequenceRunner runner = Runner(engine, cache);
        (string alone, GenerationStatistics expected) = Answer(runner, Request(engine, policy, seed: 1));
        (string other, _) = Answer(runner, Request(engine, policy, seed: 2));
        Assert.NotEqual(alone, other);

        var first = new Running(runner, Request(engine, policy, seed: 1));
        var second = new Running(runner, Request(engine, policy, seed: 2));
        while (!first.IsFinished || !second.IsFinished)
        {
            first.Run(7);
            second.Run(5);
            runner.Read(new PrefillRequest(null, TestModels.RandomTokens(50, engine.Model.VocabularySize, seed: 5), null), null, CancellationToken.None).Snapshot.Dispose();
        }

        Assert.Equal((alone, other), (first.End(), second.End()));
        Assert.Equal(expected.Cells, first.Statistics!.Cells);
        Assert.Equal(expected.Compressions.Select(report => (report.CellsBefore, report.CellsAfter)), first.Statistics.Compressions.Select(report => (report.CellsBefore, report.CellsAfter)));
        Assert.Equal(policy is not null, expected.Compressions.Count > 1);
    }

    [Fact]
    public void Run_NobodyInBetween_LeavesTheCellsWhereTheyAre()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Write(new RandomModel()));
        using SequenceRunner runner = Runner(engine, KvElementType.F16);
        (string alone, _) = Answer(runner, Request(engine, null, seed: 1));
        var generation = new Running(runner, Request(engine, null, seed: 1));
        while (!generation.IsFinished)
        {
            generation.Run(3);
        }

        Assert.Equal(alone, generation.End());
    }

    // A document that was asked to shrink the context makes it small under the answer that waits.
    [Fact]
    public void Run_ContextShrunkInBetween_AnswersAsIfAlone()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Write(new RandomModel()));
        using SequenceRunner runner = Runner(engine, KvElementType.F16, contextSize: 1024);
        GenerationRequest request = Request(engine, null, seed: 1) with { Tokens = TestModels.RandomTokens(400, engine.Model.VocabularySize, seed: 1) };
        (string alone, _) = Answer(runner, request);
        KvCompressionPlan shrinking = CacheHarness.Plan(new CurDkv(), 0.9) with { ShrunkContextHeadroom = 100 };

        var generation = new Running(runner, request);
        generation.Run(20);
        runner.Read(new PrefillRequest(null, TestModels.RandomTokens(200, engine.Model.VocabularySize, seed: 5), shrinking), null, CancellationToken.None).Snapshot.Dispose();
        Assert.Equal(256, runner.ContextSize);
        generation.Run(int.MaxValue);

        Assert.Equal(alone, generation.End());
    }

    private static IRandomModel Shape(string model) => model switch
    {
        "window" => new SlidingWindowModel(),
        "hybrid" => new HybridModel { Seed = 11 },
        "recurrent" => new RecurrentModel(),
        _ => new RandomModel(),
    };

    private static SequenceRunner Runner(LlamaSharpEngine engine, KvElementType cache, int contextSize = 512)
    {
        LlamaContextSettings settings = CacheHarness.Exact with
        {
            ContextSize = contextSize,
            Threads = 1,
            KeyType = cache,
            ValueType = cache,
            FlashAttention = cache is KvElementType.Q8_0 ? FlashAttentionMode.On : FlashAttentionMode.Off,
        };
        return new SequenceRunner(engine, new ResizableContext(engine, settings, KvCacheAccess.OnHost, NullLogger.Instance));
    }

    private static GenerationRequest Request(LlamaSharpEngine engine, string? policy, int seed) => new()
    {
        Tokens = TestModels.RandomTokens(60 + seed, engine.Model.VocabularySize, seed),
        Compression = policy is null ? null : CacheHarness.Plan(KvPolicyCatalog.Default.Create(policy), 0.5) with { DecodingInterval = 24 },
        Sampler = new SamplerSettings { Temperature = 1, TopK = 0, TopP = 1, MinP = 0, Seed = (uint)seed, LogitBias = Endless(engine) },
        MaxOutputTokens = Length,
    };

    // Random weights end an answer whenever they like.
    private static Dictionary<int, float> Endless(LlamaSharpEngine engine) =>
        Enumerable.Range(0, engine.Model.VocabularySize).Where(engine.IsEndOfGeneration).ToDictionary(token => token, _ => float.NegativeInfinity);

    private static (string Text, GenerationStatistics Statistics) Answer(SequenceRunner runner, GenerationRequest request)
    {
        var generation = new Running(runner, request);
        generation.Run(int.MaxValue);
        return (generation.End(), generation.Statistics!);
    }

    private sealed class Running
    {
        private readonly SequenceRunner _runner;
        private readonly Generation _generation;
        private readonly List<GenerationEvent> _events = [];

        public Running(SequenceRunner runner, GenerationRequest request)
        {
            _runner = runner;
            _generation = runner.Start(request, _events.Add);
        }

        public bool IsFinished => _generation.IsFinished;

        public GenerationStatistics? Statistics => _events[^1].Statistics;

        /// <summary>Goes on for about so many tokens.</summary>
        public void Run(int tokens) => _runner.Run(_generation, () => tokens-- == 0, CancellationToken.None);

        public string End()
        {
            Assert.True(IsFinished);
            Assert.Equal(Length, Statistics!.OutputTokens);
            _runner.End(_generation);
            return string.Concat(_events.SelectMany(item => item.Contents));
        }
    }
}
