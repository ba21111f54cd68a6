using CurKv.Connector.Engine;
using CurKv.Connector.KvCache.Capture;
using CurKv.Connector.KvCache.State;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Sessions;
using CurKv.Connector.Tests.Models;
using LLama.Native;

namespace CurKv.Connector.Tests.Engine;

/// <summary>What is disposed is never reached again: llama.cpp would read freed memory.</summary>
public unsafe class OwnershipTests
{
    [Fact]
    public void Context_Disposed_RefusesEveryMember()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
        var capture = new KvCapture(engine.Model.Layers);
        ILlamaContext context = engine.CreateContext(
            new LlamaContextSettings { ContextSize = 64, Threads = 1 }, new EvalHooks(capture, new QueryCapture(engine.Model)));
        using ILlamaSampler sampler = engine.CreateSampler(SamplerHarness.With("root ::= \"a\""));
        EvalHookSwitch hook = Assert.IsType<EvalHookSwitch>(context.HookSwitch);
        Assert.Equal(DecodeStatus.Ok, context.Decode([1, 2, 3], 0, 0, logits: true));
        context.Dispose();
        context.Dispose();
        Action[] uses =
        [
            () => context.Decode([1], 3, 0, logits: true),
            () => context.Logits(),
            context.Synchronize,
            () => context.SequenceRemove(0),
            () => context.SequenceCopy(0, 0),
            () => context.SequenceRange(0),
            () => context.StateSize(0),
            () => context.StateGet(0, null, 0),
            () => context.NonAttentionStateSize(0),
            () => context.NonAttentionStateGet(0, null, 0),
            () => context.StateSet(0, null, 0),
            () => context.Sample(sampler),
            hook.Detach,
            hook.Attach,
        ];

        Assert.All(uses, use => Assert.Throws<ObjectDisposedException>(use));
        Assert.Equal(64, context.Settings.ContextSize);
    }

    [Fact]
    public void EmbeddingContext_Disposed_Refuses()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
        ILlamaEmbeddingContext context = engine.CreateEmbeddingContext(new LlamaEmbeddingSettings { BatchSize = 16, Sequences = 4, Threads = 1 });
        Assert.Single(context.Embed([context.Tokenize("A text.")]));
        context.Dispose();
        context.Dispose();

        Assert.Throws<ObjectDisposedException>(() => context.Embed([[1, 2]]));
    }

    [Fact]
    public void Engine_Disposed_CreatesNothing()
    {
        LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
        engine.Dispose();

        Assert.Throws<ObjectDisposedException>(() => engine.CreateSampler(SamplerHarness.With("root ::= \"a\"")));
        Assert.Throws<ObjectDisposedException>(() => engine.CreateContext(new LlamaContextSettings { ContextSize = 64 }, null));
        Assert.Throws<ObjectDisposedException>(() => engine.CreateEmbeddingContext(new LlamaEmbeddingSettings { BatchSize = 16 }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Batch_Tokens_AreOfOneSequenceUntilSaid(bool ownSequences)
    {
        var batch = new NativeBatch(5, ownSequences);
        *batch.Value.seq_id[0] = (LLamaSeqId)3;

        Assert.Equal(ownSequences ? 0 : 3, (int)*batch.Value.seq_id[4]);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal((1, 0), (batch.Value.n_seq_id[i], batch.Value.logits[i]));
        }

        batch.Dispose();
        batch.Dispose();
        Assert.Throws<ObjectDisposedException>(() => batch.Value.n_tokens);
    }

    [Fact]
    public void Snapshot_Disposed_GivesNoBlob()
    {
        var snapshot = new KvSnapshot(16, new KvSequence(0, slidingWindow: 0));
        Assert.True(snapshot.Data != null);
        snapshot.Dispose();

        Assert.Throws<ObjectDisposedException>(() => (nint)snapshot.Data);
    }
}
