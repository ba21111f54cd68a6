using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.State;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Tests.Models;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Attention;
using CurKv.KvPolicy.Policies.Leverage;
using CurKv.KvPolicy.Selection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;

namespace CurKv.Connector.Tests.KvCache;

/// <summary>Models of which only some layers attend to all tokens: the others' state is carried over.</summary>
public unsafe class NonAttentionStateTests
{
    private const int Tokens = 300;
    private const int Answer = 50;

    public static TheoryData<string, KvElementType, KvElementType, FlashAttentionMode, int> CacheKinds()
    {
        var data = new TheoryData<string, KvElementType, KvElementType, FlashAttentionMode, int>();
        foreach (string model in new[] { "gemma2", "jamba" })
        {
            foreach (int sequences in new[] { 1, 3 })
            {
                data.Add(model, KvElementType.F16, KvElementType.F16, FlashAttentionMode.On, sequences);
                data.Add(model, KvElementType.F16, KvElementType.F16, FlashAttentionMode.Off, sequences);
                data.Add(model, KvElementType.Q8_0, KvElementType.Q8_0, FlashAttentionMode.On, sequences);
                data.Add(model, KvElementType.Q8_0, KvElementType.F16, FlashAttentionMode.Off, sequences);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(CacheKinds))]
    public void Compress_CompactAndState_GiveIdenticalBlobsAndAnswers(string model, KvElementType keys, KvElementType values, FlashAttentionMode attention, int sequences)
    {
        LlamaContextSettings settings = CacheHarness.Exact with { KeyType = keys, ValueType = values, FlashAttention = attention, Sequences = sequences };
        using var harness = new CacheHarness(Shape(model), settings);
        int sequence = sequences / 2;
        int[] tokens = TestModels.RandomTokens(Tokens, harness.Shape.Vocabulary, seed: 7);
        KvCompressionPlan plan = CacheHarness.Plan(new CurDkv(), 0.8);

        List<byte[]> blobs = [];
        List<int[]> answers = [];
        foreach (KvRewritePath path in new[] { KvRewritePath.State, KvRewritePath.Compact })
        {
            harness.Remove(sequence);
            float[] logits = harness.Decode(tokens, 0, sequence);
            Assert.Equal((path, Tokens, 60), Compress(harness, plan, path, sequence));
            blobs.Add(harness.State(sequence));
            answers.Add(Greedy(harness, logits, Answer, sequence));

            // Once more, over cells that were compressed and cells that were not.
            Assert.Equal((path, 60 + Answer, 70), Compress(harness, plan, path, sequence));
            blobs.Add(harness.State(sequence));
            answers.Add(Greedy(harness, harness.Context.Logits().ToArray(), 10, sequence));
        }

        Assert.Equal(blobs[0], blobs[2]);
        Assert.Equal(blobs[1], blobs[3]);
        Assert.Equal(answers[0], answers[2]);
        Assert.Equal(answers[1], answers[3]);
        Assert.Equal(KvRewritePath.Compact, harness.Compress(plan, sequence: sequence)!.Path);
    }

    [Theory]
    [MemberData(nameof(CacheKinds))]
    public void Compress_BaseBlock_HoldsTheSelectedRowsAndTheNonAttentionStateIsAsItWas(string model, KvElementType keys, KvElementType values, FlashAttentionMode attention, int sequences)
    {
        LlamaContextSettings settings = CacheHarness.Exact with { KeyType = keys, ValueType = values, FlashAttention = attention, Sequences = sequences };
        using var harness = new CacheHarness(Shape(model), settings);
        int sequence = sequences / 2;
        harness.Decode(TestModels.RandomTokens(Tokens, harness.Shape.Vocabulary, seed: 7), 0, sequence);
        KvCompressionPlan plan = CacheHarness.Plan(new RandomTokens(), 0.8);
        KvSelection selection = harness.Selection(plan, sequence);
        byte[] before = harness.State(sequence);
        Assert.NotNull(harness.Compress(plan, sequence: sequence));
        byte[] after = harness.State(sequence);

        fixed (byte* old = before)
        fixed (byte* left = after)
        {
            KvStateBlob source = KvStateBlob.TryParse(old, (nuint)before.Length)!;
            KvStateBlob kept = KvStateBlob.TryParse(left, (nuint)after.Length)!;
            Assert.Equal((Tokens, 60, Tokens - 1), (source.Cells, kept.Cells, kept.LastPosition));
            Assert.True(kept.Format.HasNonAttentionState);
            Assert.True(source.NonAttentionState.HasBytesOf(kept.NonAttentionState));

            KvLayerTensors[] from = View(source, harness.Shape);
            KvLayerTensors[] to = View(kept, harness.Shape);
            Assert.Equal(harness.Shape.GlobalLayers.Count, to.Length);
            for (int layer = 0; layer < to.Length; layer++)
            {
                for (int head = 0; head < harness.Shape.KvHeads; head++)
                {
                    for (int cell = 0; cell < kept.Cells; cell++)
                    {
                        int token = selection[layer, head][cell];
                        Assert.Equal(CachedRow.Bytes(from[layer].Keys, head, token), CachedRow.Bytes(to[layer].Keys, head, cell));
                        Assert.Equal(CachedRow.Bytes(from[layer].Values, head, token), CachedRow.Bytes(to[layer].Values, head, cell));
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData("gemma2", KvRewritePath.State)]
    [InlineData("gemma2", KvRewritePath.Compact)]
    [InlineData("jamba", KvRewritePath.State)]
    [InlineData("jamba", KvRewritePath.Compact)]
    public void Compress_KeepingEveryToken_LeavesTheLogits(string model, KvRewritePath path)
    {
        using var harness = new CacheHarness(Shape(model), CacheHarness.Exact);
        int[] tokens = TestModels.RandomTokens(Tokens + 3, harness.Shape.Vocabulary, seed: 7);
        harness.Decode(tokens.AsSpan(0, Tokens), 0);
        float[] expected = harness.Decode(tokens.AsSpan(Tokens), Tokens);

        harness.Remove();
        harness.Decode(tokens.AsSpan(0, Tokens), 0);
        KvCompressionPlan plan = CacheHarness.Plan(new RandomTokens(), 0) with { Budget = KvBudget.ByMass(1) };
        Assert.Equal((path, Tokens, Tokens), Compress(harness, plan, path));

        // The window's cells are restored from the first one on, which changes the order of sums and nothing else.
        AssertClose(expected, harness.Decode(tokens.AsSpan(Tokens), Tokens));
    }

    [Theory]
    [InlineData("gemma2", KvRewritePath.State)]
    [InlineData("gemma2", KvRewritePath.Compact)]
    [InlineData("jamba", KvRewritePath.State)]
    [InlineData("jamba", KvRewritePath.Compact)]
    public void Compress_OneOfThreeSequences_LeavesTheOthersBitIdentical(string model, KvRewritePath path)
    {
        using var harness = new CacheHarness(Shape(model), CacheHarness.Exact with { Sequences = 3 });

        // Compact reads the sequence that was decoded last.
        foreach (int sequence in new[] { 0, 2, 1 })
        {
            harness.Decode(TestModels.RandomTokens(Tokens, harness.Shape.Vocabulary, seed: sequence), 0, sequence);
        }

        byte[] first = harness.State(0);
        byte[] last = harness.State(2);
        Assert.Equal((path, Tokens, 30), Compress(harness, CacheHarness.Plan(new CurDkv(), 0.9), path, sequence: 1));
        Assert.NotEmpty(Greedy(harness, harness.Context.Logits().ToArray(), 5, sequence: 1));

        Assert.Equal(first, harness.State(0));
        Assert.Equal(last, harness.State(2));
    }

    [Fact]
    public void Compress_SlidingWindow_IsAsIfTheTokensWereRemoved()
    {
        const int Recent = 64;
        using var removed = new CacheHarness(Shape("gemma2"), CacheHarness.Exact);
        using var harness = new CacheHarness(Shape("gemma2"), CacheHarness.Exact);
        int[] tokens = TestModels.RandomTokens(Tokens + 3, harness.Shape.Vocabulary, seed: 7);
        removed.Decode(tokens.AsSpan(0, Tokens), 0);
        harness.Decode(tokens.AsSpan(0, Tokens), 0);

        // What lies before the window is gone from it anyway, so that llama.cpp's own removal touches the other layers only.
        Assert.True(removed.Context.SequenceRemove(0, 2, Tokens - Recent));
        Assert.NotNull(harness.Compress(CacheHarness.Plan(new StreamingLlm(), 0, Recent) with { Budget = KvBudget.FromCells(2 + Recent) }));

        for (int i = Tokens; i < tokens.Length; i++)
        {
            AssertClose(removed.Decode(tokens.AsSpan(i, 1), i), harness.Decode(tokens.AsSpan(i, 1), i));
        }
    }

    [Theory]
    [InlineData("gemma2")]
    [InlineData("jamba")]
    public void Run_SomeLayersAttendToAllTokens_FindsThemByTheirRows(string model)
    {
        using var harness = new CacheHarness(Shape(model), CacheHarness.Exact);

        KvStateFormat format = KvCacheProbe.Run(harness.Context, harness.Model, harness.Capture, null, NullLogger.Instance).Format!;
        Assert.Equal(harness.Shape.GlobalLayers, format.ModelLayers);
        Assert.Equal((true, harness.Shape.KvHeads), (format.HasNonAttentionState, format.KvHeads));

        KvStateFormat unseen = KvCacheProbe.Run(harness.Context, harness.Model, null, null, NullLogger.Instance).Format!;
        Assert.Null(unseen.ModelLayers);
    }

    [Theory]
    [InlineData("gemma2")]
    [InlineData("jamba")]
    public void Compress_WithoutACapture_TakesTheStatePathAndRefusesWhatNeedsTheLayersNumbers(string model)
    {
        using var harness = new CacheHarness(Shape(model), CacheHarness.Exact);
        using LlamaSharpEngine engine = TestModels.Load(harness.ModelPath);
        using var compressor = new KvCompressor(harness.Context, harness.Model, engine.OutputWeights, null, null, NullLogger.Instance);
        harness.Decode(TestModels.RandomTokens(Tokens, harness.Shape.Vocabulary, seed: 7), 0);

        Assert.Throws<KvCompressionException>(() => compressor.ThrowIfUnsupported(CacheHarness.Plan(new SnapKv(), 0.5)));
        Assert.Throws<KvCompressionException>(() => compressor.ThrowIfUnsupported(CacheHarness.Plan(new CriticalKv(new CurDkv()), 0.5)));
        Assert.Equal(KvRewritePath.State, compressor.Compress(harness.Sequence(), CacheHarness.Plan(new CurDkv(), 0.5))!.Path);
    }

    [Theory]
    [InlineData("gemma2", "snapkv(window=16)")]
    [InlineData("gemma2", "critical(snapkv(window=16))")]
    [InlineData("gemma2", "curdkv")]
    [InlineData("jamba", "critical(snapkv(window=16))")]
    [InlineData("jamba", "curdkv")]
    public void Compress_AnyPolicy_ReadsTheRightLayers(string model, string policy)
    {
        using var harness = new CacheHarness(Shape(model), CacheHarness.Exact);
        KvCompressionPlan plan = CacheHarness.Plan(KvPolicyCatalog.Default.Create(policy), 0.8);
        harness.Prefill(TestModels.RandomTokens(Tokens, harness.Shape.Vocabulary, seed: 7), plan);
        KvSelection selection = harness.Selection(plan);
        byte[] before = harness.State();
        Assert.NotNull(harness.Compress(plan));
        byte[] after = harness.State();

        fixed (byte* old = before)
        fixed (byte* left = after)
        {
            KvLayerTensors[] from = View(KvStateBlob.TryParse(old, (nuint)before.Length)!, harness.Shape);
            KvLayerTensors[] to = View(KvStateBlob.TryParse(left, (nuint)after.Length)!, harness.Shape);
            for (int layer = 0; layer < to.Length; layer++)
            {
                int token = selection[layer, 1][30];
                Assert.Equal(CachedRow.Bytes(from[layer].Keys, 1, token), CachedRow.Bytes(to[layer].Keys, 1, 30));
            }
        }
    }

    [Theory]
    [InlineData("gemma2")]
    [InlineData("jamba")]
    public void Constructor_NonAttentionStateThatIsNotTheBlobs_FallsBackToTheStatePathWithAWarning(string model)
    {
        using var harness = new CacheHarness(Shape(model), CacheHarness.Exact);
        using var damaging = new RefusingContext(harness.Context) { CutOff = 0, DamagesNonAttentionState = true };
        var logger = new FakeLogger();
        using var compressor = new KvCompressor(damaging, harness.Model, null, harness.Capture, null, logger);
        harness.Decode(TestModels.RandomTokens(Tokens, harness.Shape.Vocabulary, seed: 7), 0);

        Assert.Equal(KvRewritePath.State, compressor.Compress(harness.Sequence(), CacheHarness.Plan(new CurDkv(), 0.5))!.Path);
        Assert.Single(logger.Collector.GetSnapshot(), record => record.Level == LogLevel.Warning);
    }

    [Fact]
    public void Compress_InPlace_IsNoPathForANonAttentionState()
    {
        using var harness = new CacheHarness(Shape("gemma2"), CacheHarness.Exact);
        harness.Decode(TestModels.RandomTokens(Tokens, harness.Shape.Vocabulary, seed: 7), 0);

        Assert.Throws<KvCompressionException>(() => harness.Compress(CacheHarness.Plan(new CurDkv(), 0.5), KvRewritePath.InPlace));
    }

    // Its cells are removed again; a window or a recurrent state would not be what it was.
    [Theory]
    [InlineData("gemma2")]
    [InlineData("jamba")]
    public void ThrowIfUnsupported_Reconstruction_IsRefused(string model)
    {
        using var harness = new CacheHarness(Shape(model), CacheHarness.Exact);

        KvCompressionException e = Assert.Throws<KvCompressionException>(() => harness.Compressor.ThrowIfUnsupported(CacheHarness.Plan(new KvZip(), 0.5)));
        Assert.Contains("reconstruction pass", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gemma2")]
    [InlineData("jamba")]
    public void Read_PromptFourTimesTheCache_IsTheSameOnBothPaths(string model)
    {
        using var harness = new CacheHarness(Shape(model), CacheHarness.Exact with { ContextSize = 256, BatchSize = 64 });
        using var stateOnly = new KvCompressor(harness.Context, harness.Model, null, null, null, NullLogger.Instance);
        KvCompressionPlan plan = CacheHarness.Plan(new CurDkv(), 0.9);
        int[] tokens = TestModels.RandomTokens(1000, harness.Shape.Vocabulary, seed: 11);

        byte[] state = Read(harness.Compressor, KvRewritePath.Compact);
        harness.Remove();
        Assert.Equal(state, Read(stateOnly, KvRewritePath.State));
        Assert.Equal((1000, 100), (harness.Sequence().Tokens, harness.Sequence().Cells));
        Assert.NotEmpty(Greedy(harness, harness.Context.Logits().ToArray(), Answer));

        byte[] Read(KvCompressor compressor, KvRewritePath path)
        {
            PrefillResult prefill = new PromptPrefill(harness.Engine, harness.Context, compressor, harness.Sequence(), null, CancellationToken.None).Run(tokens, plan);
            Assert.True(prefill.Compressions.Count > 3);
            Assert.All(prefill.Compressions, report => Assert.Equal(path, report.Path));
            return harness.State();
        }
    }

    // A window of 200 tokens keeps 199 for the next one, in 256 cells.
    [Theory]
    [InlineData(57, true)]
    [InlineData(58, false)]
    public void WindowCells_AreWhatLlamaCppNeeds(int tokens, bool fits)
    {
        using var harness = new CacheHarness(new SlidingWindowModel { Window = 200 }, CacheHarness.Exact with { ContextSize = 256 });
        int[] more = TestModels.RandomTokens(tokens, harness.Shape.Vocabulary, seed: 8);
        harness.Decode(TestModels.RandomTokens(250, harness.Shape.Vocabulary, seed: 7), 0);
        Assert.NotNull(harness.Compress(CacheHarness.Plan(new CurDkv(), 0.8)));

        Assert.Equal(fits, harness.Sequence().WindowCells(tokens) <= 256);
        Assert.Equal(fits ? DecodeStatus.Ok : DecodeStatus.NoKvSlot, harness.Context.Decode(more, 250, 0, logits: false));
    }

    [Fact]
    public void Read_WindowAndBatchAboveTheContext_ThrowsBeforeAnythingIsRead()
    {
        using var harness = new CacheHarness(new SlidingWindowModel { Window = 200 }, CacheHarness.Exact with { ContextSize = 256 });
        var prefill = new PromptPrefill(harness.Engine, harness.Context, harness.Compressor, harness.Sequence(), null, CancellationToken.None);

        PromptTooLongException e = Assert.Throws<PromptTooLongException>(
            () => prefill.Run(TestModels.RandomTokens(Tokens, harness.Shape.Vocabulary, seed: 7), CacheHarness.Plan(new CurDkv(), 0.8)));
        Assert.Contains("ContextSize to 328", ChatAdvice.Of(e), StringComparison.Ordinal);
        Assert.Equal((-1, -1), harness.Context.SequenceRange(0));
    }

    [Theory]
    [InlineData("bloom", "ALiBi")]
    [InlineData("mamba", "recurrent")]
    [InlineData("qwen2vl", "multi-dimensional positions")]
    public void ThrowIfUnsupported_ModelWhoseCacheCannotBeCut_NamesTheReason(string model, string reason)
    {
        using var harness = new CacheHarness(Shape(model), CacheHarness.Exact);

        KvCompressionException e = Assert.Throws<KvCompressionException>(() => harness.Compressor.ThrowIfUnsupported(CacheHarness.Plan(new CurDkv(), 0.5)));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Contains("Policy", ChatAdvice.Of(e), StringComparison.Ordinal);
        Assert.NotEmpty(Greedy(harness, harness.Decode(TestModels.RandomTokens(20, harness.Shape.Vocabulary, seed: 7), 0), 5));
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        float worst = expected.Zip(actual, (a, b) => MathF.Abs(a - b)).Max();
        Assert.True(worst <= 2e-5f, $"Logits differ by {worst:E2}.");
    }

    private static IRandomModel Shape(string architecture) => architecture switch
    {
        "gemma2" => new SlidingWindowModel(),
        "jamba" => new HybridModel(),
        "bloom" => new AlibiModel(),
        "qwen2vl" => new ImagePositionsModel(),
        _ => new RecurrentModel(),
    };

    private static (KvRewritePath Path, int Before, int After) Compress(CacheHarness harness, KvCompressionPlan plan, KvRewritePath path, int sequence = 0)
    {
        KvCompressionReport report = harness.Compress(plan, path, sequence)!;
        return (report.Path, report.CellsBefore, report.CellsAfter);
    }

    private static KvLayerTensors[] View(KvStateBlob blob, IRandomModel shape) => blob.View(shape.KvHeads, shape.HeadDimension, shape.HeadDimension);

    private static int[] Greedy(CacheHarness harness, float[] logits, int count, int sequence = 0)
    {
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++)
        {
            tokens[i] = Array.IndexOf(logits, logits.Max());
            logits = harness.Decode(tokens.AsSpan(i, 1), harness.Sequence(sequence).Tokens, sequence);
            Assert.All(logits, logit => Assert.True(float.IsFinite(logit)));
        }

        return tokens;
    }
}
