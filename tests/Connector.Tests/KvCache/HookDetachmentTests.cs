using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.Capture;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Tests.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;

namespace CurKv.Connector.Tests.KvCache;

public class HookDetachmentTests
{
    private const int Window = 16;

    private static readonly KvCacheAccess Detached = KvCacheAccess.OnHost with { DetachHook = true };

    [Fact]
    public void HookSwitch_DetachAndAttach_StopsAllQuestionsAndBringsThemBack()
    {
        using var harness = new CacheHarness(new RandomModel(), CacheHarness.Exact);
        EvalHookSwitch hookSwitch = Assert.IsType<EvalHookSwitch>(harness.Context.HookSwitch);
        int[] tokens = TestModels.RandomTokens(100, harness.Shape.Vocabulary, seed: 7);

        Assert.True(AsksWhile(() => harness.Decode(tokens.AsSpan(0, 40), 0)) > 0);
        hookSwitch.Detach();
        Assert.Equal(0, AsksWhile(() => harness.Decode(tokens.AsSpan(40, 30), 40)));
        hookSwitch.Attach();
        Assert.True(AsksWhile(() => harness.Decode(tokens.AsSpan(70, 20), 70)) > 0);

        long AsksWhile(Action decode)
        {
            long before = hookSwitch.Asks;
            decode();
            return hookSwitch.Asks - before;
        }
    }

    // The last chunk before the window has its very shape, so that llama.cpp would use its graph again, without the hook.
    [Theory]
    [InlineData(Window)]
    [InlineData(50)]
    public void Compressor_DetachedHook_SeesTheObservedTokensAndNoOthers(int chunk)
    {
        using var harness = new CacheHarness(new RandomModel(), CacheHarness.Exact);
        int[] tokens = TestModels.RandomTokens(chunk + Window, harness.Shape.Vocabulary, seed: 7);
        harness.Decode(tokens.AsSpan(0, chunk), 0);
        harness.Queries.Start(Window);
        harness.Decode(tokens.AsSpan(chunk), chunk);
        float[] expected = harness.Queries.Take(1, Window, null)!.Value.Data.ToArray();

        var capture = new KvCapture(harness.Shape.Layers);
        var queries = new QueryCapture(harness.Model);
        using ILlamaContext context = harness.Engine.CreateContext(harness.Context.Settings, new EvalHooks(capture, queries));
        using var compressor = new KvCompressor(context, harness.Model, null, capture, queries, NullLogger.Instance, Detached);
        long asked = context.HookSwitch!.Asks;
        Assert.Equal(DecodeStatus.Ok, context.Decode(tokens.AsSpan(0, chunk), 0, 0, logits: false));
        Assert.Equal(asked, context.HookSwitch.Asks);

        compressor.StartObserving(Window);
        Assert.Equal(DecodeStatus.Ok, context.Decode(tokens.AsSpan(chunk), chunk, 0, logits: false));
        compressor.StopObserving();
        asked = context.HookSwitch.Asks;

        Assert.Equal(expected, queries.Take(1, Window, null)!.Value.Data.ToArray());
        Assert.Equal(DecodeStatus.Ok, context.Decode(tokens.AsSpan(0, 3), chunk + Window, 0, logits: true));
        Assert.Equal(asked, context.HookSwitch.Asks);
    }

    [Fact]
    public void Compressor_KeepHook_ObservesTokensThatAreDecodedOneByOne()
    {
        using var harness = new CacheHarness(new RandomModel(), CacheHarness.Exact);
        var queries = new QueryCapture(harness.Model);
        var capture = new KvCapture(harness.Shape.Layers);
        using ILlamaContext context = harness.Engine.CreateContext(harness.Context.Settings, new EvalHooks(capture, queries));
        using var compressor = new KvCompressor(context, harness.Model, null, capture, queries, NullLogger.Instance, Detached);
        context.Decode([1, 2, 3, 4, 5], 0, 0, logits: true);

        compressor.KeepHook(true);
        for (int i = 0; i < 8; i++)
        {
            if (i == 4)
            {
                compressor.StartObserving(3);
            }

            context.Decode([7 + i], 5 + i, 0, logits: true);
            if (i == 6)
            {
                Assert.NotNull(queries.Take(0, 3, null));
                compressor.StopObserving();
            }
        }

        compressor.KeepHook(false);
        long asked = context.HookSwitch!.Asks;
        context.Decode([1, 2], 13, 0, logits: true);
        Assert.Equal(asked, context.HookSwitch.Asks);
    }

    [Fact]
    public void Compressor_HookThatIsNotThere_Warns()
    {
        using var harness = new CacheHarness(new RandomModel(), CacheHarness.Exact);
        var logger = new FakeLogger();
        using ILlamaContext context = harness.Engine.CreateContext(harness.Context.Settings, null);
        using var compressor = new KvCompressor(context, harness.Model, null, new KvCapture(harness.Shape.Layers), null, logger, Detached);

        Assert.Contains(logger.Collector.GetSnapshot(), record => record.Message.Contains("cannot be detached", StringComparison.Ordinal));
    }
}
