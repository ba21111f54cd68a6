using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Sessions;
using CurKv.Connector.Tests.Engine;
using CurKv.Connector.Tests.KvCache;
using CurKv.Connector.Tests.Models;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies.Attention;
using CurKv.KvPolicy.Policies.Leverage;
using Microsoft.Extensions.Logging.Abstractions;

namespace CurKv.Connector.Tests.Scheduling;

/// <summary>What a request that ended early leaves behind must not show in the next one.</summary>
public class SequenceRunnerTests
{
    private static readonly LlamaContextSettings Settings = CacheHarness.Exact with { ContextSize = 640, BatchSize = 32, Threads = 1 };

    [Theory]
    [InlineData("snapkv(window=64)", 224)]
    [InlineData("snapkv(window=64)", 256)]
    [InlineData("kvzip", 256)]
    public void Read_AfterACancelledOne_IsAsIfThatHadNotBeen(string policy, int cancelledAt)
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Write(new RandomModel()));
        using var runner = new SequenceRunner(engine, Sized(engine));
        using var fresh = new SequenceRunner(engine, Sized(engine));
        KvCompressionPlan plan = CacheHarness.Plan(KvPolicyCatalog.Default.Create(policy), 0.8);
        using var cancellation = new CancellationTokenSource();
        var progress = new At(cancelledAt, cancellation.Cancel);

        Assert.Throws<OperationCanceledException>(() => runner.Read(new PrefillRequest(null, TestModels.RandomTokens(256, 320, seed: 1), plan), progress, cancellation.Token));

        int[] tokens = TestModels.RandomTokens(300, 320, seed: 2);
        (KvSnapshot expected, _) = fresh.Read(new PrefillRequest(null, tokens, plan), null, CancellationToken.None);
        (KvSnapshot actual, _) = runner.Read(new PrefillRequest(null, tokens, plan), null, CancellationToken.None);
        using (expected)
        using (actual)
        {
            Assert.Equal(Bytes(expected), Bytes(actual));
        }
    }

    // Too small to be compressed when they begin, they outgrow that; a model whose cache cannot be cut must not end them.
    [Fact]
    public void Generate_ModelThatCannotBeCompressed_GoesOnToItsEnd()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Write(new AlibiModel()));
        using var runner = new SequenceRunner(engine, Sized(engine));
        KvCompressionPlan plan = CacheHarness.Plan(new CurDkv(), 0.5) with { MinTokens = 40, DecodingInterval = 8 };

        GenerationStatistics statistics = Generate(runner, new GenerationRequest
        {
            Tokens = TestModels.RandomTokens(16, engine.Model.VocabularySize, seed: 2),
            Compression = plan,
            Sampler = Wild,
            MaxOutputTokens = 60,
        });

        Assert.Empty(statistics.Compressions);
    }

    // While queries are observed the context is full, and a large one takes its place.
    [Fact]
    public void Generate_ContextMadeAnewWhileObserving_ObservesAgain()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Write(new RandomModel()));
        using ResizableContext resizable = Sized(engine);
        using var runner = new SequenceRunner(engine, resizable);
        resizable.Shrink(256);
        Assert.Equal(256, runner.ContextSize);
        KvCompressionPlan plan = CacheHarness.Plan(new SnapKv(window: 16), 0) with { Budget = KvBudget.FromCells(150), DecodingInterval = 110 };

        GenerationStatistics statistics = Generate(runner, new GenerationRequest
        {
            Tokens = TestModels.RandomTokens(140, engine.Model.VocabularySize, seed: 2),
            Compression = plan,
            Sampler = Wild,
            MaxOutputTokens = 300,
        });

        Assert.Equal(Settings.ContextSize, runner.ContextSize);
        Assert.True(statistics.OutputTokens < 150 || statistics.Compressions.Count > 0);
    }

    [Fact]
    public void Read_LargeContextThatCannotBeMade_ThrowsThatAndTheNextRequestTriesAgain()
    {
        int contexts = 0;
        using var engine = new FakeLlamaEngine { OnCreateContext = () => { } };
        engine.OnCreateContext = () =>
        {
            if (++contexts == 3)
            {
                throw new LlamaModelException("fake.gguf", "No memory.");
            }
        };
        var resizable = new ResizableContext(engine, Settings, KvCacheAccess.OnHost, NullLogger.Instance);
        using var runner = new SequenceRunner(engine, resizable);
        resizable.Shrink(256);

        Assert.Throws<LlamaModelException>(() => runner.Read(new PrefillRequest(null, new int[300], null), null, CancellationToken.None));
        runner.Read(new PrefillRequest(null, new int[300], null), null, CancellationToken.None).Snapshot.Dispose();

        Assert.Equal((4, 640), (contexts, runner.ContextSize));
    }

    [Fact]
    public void Shrink_SmallContextThatCannotBeMade_LeavesTheDocumentAndTheNextRequestTriesAgain()
    {
        int contexts = 0;
        using var engine = new FakeLlamaEngine();
        var resizable = new ResizableContext(engine, Settings, KvCacheAccess.OnHost, NullLogger.Instance);
        using var runner = new SequenceRunner(engine, resizable);
        engine.OnCreateContext = () =>
        {
            if (++contexts == 1)
            {
                throw new LlamaModelException("fake.gguf", "No memory.");
            }
        };

        resizable.Shrink(256);
        Assert.False(resizable.IsOpen);
        runner.Read(new PrefillRequest(null, new int[300], null), null, CancellationToken.None).Snapshot.Dispose();

        Assert.Equal((2, 640), (contexts, runner.ContextSize));
    }

    private static SamplerSettings Wild => new() { Temperature = 10, TopK = 0, TopP = 1, MinP = 0, Seed = 1 };

    private static ResizableContext Sized(ILlamaEngine engine) => new(engine, Settings, KvCacheAccess.OnHost, NullLogger.Instance);

    private static GenerationStatistics Generate(SequenceRunner runner, GenerationRequest request)
    {
        GenerationStatistics? statistics = null;
        Generation generation = runner.Start(request, item => statistics = item.Statistics ?? statistics);
        runner.Run(generation, () => false, CancellationToken.None);
        runner.End(generation);
        return statistics!;
    }

    private static unsafe byte[] Bytes(KvSnapshot snapshot) => new ReadOnlySpan<byte>(snapshot.Data, (int)snapshot.Size).ToArray();

    private sealed class At(int processed, Action action) : IProgress<PromptProgress>
    {
        public void Report(PromptProgress value)
        {
            if (value.Processed >= processed)
            {
                action();
            }
        }
    }
}
