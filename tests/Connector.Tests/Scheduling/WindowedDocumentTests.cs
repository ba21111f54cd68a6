using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Sessions;
using CurKv.Connector.Tests.KvCache;
using CurKv.Connector.Tests.Models;
using CurKv.KvPolicy.Policies.Leverage;
using Microsoft.Extensions.Logging.Abstractions;

namespace CurKv.Connector.Tests.Scheduling;

/// <summary>Documents of models that keep a sliding window or a recurrent state beside the cells that are cut.</summary>
public class WindowedDocumentTests
{
    private const int Tokens = 700;
    private static readonly SamplerSettings Greedy = new() { Temperature = 0, TopK = 0, TopP = 1, MinP = 0, Seed = 1 };

    // 70 cells are left of a document, but the window of 200 tokens is needed whole.
    [Theory]
    [InlineData(true, 512)]
    [InlineData(false, 256)]
    public void Generate_FromAShrunkContext_GoesOnUntilTheWholeContextIsFull(bool window, int shrunk)
    {
        // Of these weights neither model ends its answer by itself.
        IRandomModel shape = window ? new SlidingWindowModel { Window = 200 } : new HybridModel { Seed = 11 };
        string path = TestModels.Write(shape);
        using LlamaSharpEngine engine = TestModels.Load(path);
        LlamaContextSettings settings = CacheHarness.Exact with { ContextSize = 1024, Threads = 1 };
        using var runner = new SequenceRunner(engine, new ResizableContext(engine, settings, KvCacheAccess.OnHost, NullLogger.Instance));
        KvCompressionPlan plan = CacheHarness.Plan(new CurDkv(), 0.9) with { ShrunkContextHeadroom = 100 };

        (KvSnapshot document, GenerationStatistics read) = runner.Read(
            new PrefillRequest(null, TestModels.RandomTokens(Tokens, shape.Vocabulary, seed: 7), plan), null, CancellationToken.None);
        Assert.Equal((Tokens / 10, shrunk), (read.Cells, runner.ContextSize));

        List<GenerationEvent> events = [];
        int[] question = [.. TestModels.RandomTokens(21, shape.Vocabulary, seed: 8).Skip(1)];
        Generation generation = runner.Start(new GenerationRequest { Prefix = document, Tokens = question, Sampler = Greedy }, events.Add);
        runner.Run(generation, () => false, CancellationToken.None);
        runner.End(generation);

        GenerationStatistics answer = events[^1].Statistics!;
        Assert.Equal((Tokens, Tokens + 20), (answer.CachedPromptTokens, answer.PromptTokens));
        Assert.Equal((1024, 1024), (answer.Cells, runner.ContextSize));
        document.Dispose();
    }
}
