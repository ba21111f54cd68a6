using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.Capture;
using CurKv.Connector.KvCache.State;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Tests.Models;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Diagnostics;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Attention;
using CurKv.KvPolicy.Policies.Leverage;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;
using Microsoft.Extensions.Logging.Abstractions;

namespace CurKv.Connector.Tests.KvCache;

public class KvCompressorTests
{
    private const int Tokens = 300;

    private static readonly LlamaContextSettings Exact = CacheHarness.Exact;

    public static TheoryData<KvElementType, KvElementType, FlashAttentionMode, int, int> CacheKinds()
    {
        var data = new TheoryData<KvElementType, KvElementType, FlashAttentionMode, int, int>();
        foreach (int streams in new[] { 1, 3 })
        {
            foreach (int dimension in new[] { 32, 64, 96, 128 })
            {
                foreach (FlashAttentionMode attention in new[] { FlashAttentionMode.On, FlashAttentionMode.Off })
                {
                    foreach (KvElementType type in new[] { KvElementType.F32, KvElementType.F16, KvElementType.BF16 })
                    {
                        data.Add(type, type, attention, streams, dimension);
                    }
                }

                data.Add(KvElementType.Q8_0, KvElementType.Q8_0, FlashAttentionMode.On, streams, dimension);
                data.Add(KvElementType.Q4_0, KvElementType.Q4_0, FlashAttentionMode.On, streams, dimension);
                data.Add(KvElementType.Q8_0, KvElementType.F16, FlashAttentionMode.Off, streams, dimension);
            }
        }

        return data;
    }

    public static TheoryData<string, double> Policies()
    {
        var data = new TheoryData<string, double> { { "random", 0.5 } };
        string[] names =
        [
            "random", "streaming", "keynorm", "value", "keydiff", "lagkv(lag=32)", "curdkv", "curdkv-norms", "curdkv-sketch", "curdkv-local", "curdkv-exact",
            "snapkv(window=16)", "snapkv(window=16,pool=13,pooling=max)", "snapkv(window=16)*value", "snapkv(window=16)*curdkv-local", "dropkv(window=16)", "tova",
            "snapkv(window=16,pool=21)+curdkv", "snapkv(window=16)|curdkv", "chunk(curdkv)", "chunk(snapkv(window=16))", "adaptive(curdkv)", "critical(snapkv(window=16))",
        ];
        foreach (string name in names)
        {
            data.Add(name, 0.9);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Compress_AnyPolicy_MatchesIndependentForwardPass(string policy, double ratio)
    {
        var shape = new RandomModel();
        using var harness = new CacheHarness(shape, Exact);
        var reference = new ReferenceModel(shape, harness.ModelPath);
        int[] tokens = TestModels.RandomTokens(Tokens + 3, shape.Vocabulary, seed: 7);
        KvCompressionPlan plan = CacheHarness.Plan(KvPolicyCatalog.Default.Create(policy), ratio);

        float[] actual = harness.Prefill(tokens.AsSpan(0, Tokens), plan);
        float[] expected = [];
        for (int i = 0; i < Tokens; i++)
        {
            expected = reference.Step(tokens[i], i);
        }

        AssertClose(expected, actual);
        KvSelection selection = harness.Selection(plan);
        ReferenceModel full = reference;
        reference = reference.Select(selection);

        KvCompressionReport report = Assert.IsType<KvCompressionReport>(harness.Compress(plan));
        Assert.Equal((policy, KvRewritePath.InPlace, Tokens, plan.Budget.Cells(Tokens)), (report.Policy, report.Path, report.CellsBefore, report.CellsAfter));
        for (int i = Tokens; i < tokens.Length; i++)
        {
            float[] evicted = reference.Step(tokens[i], i);
            AssertClose(evicted, harness.Decode(tokens.AsSpan(i, 1), i));
            Assert.True(Distance(evicted, full.Step(tokens[i], i)) > 0.01f, "The eviction must show in the logits for this test to say anything.");
        }
    }

    [Fact]
    public void Compress_ByMass_KeepsWhatTheScoresAskForAndMatchesIndependentForwardPass()
    {
        var shape = new RandomModel();
        using var harness = new CacheHarness(shape, Exact);
        var reference = new ReferenceModel(shape, harness.ModelPath);
        int[] tokens = TestModels.RandomTokens(Tokens + 1, shape.Vocabulary, seed: 7);
        KvCompressionPlan plan = CacheHarness.Plan(new CurDkv(), 0.5) with { Budget = KvBudget.ByMass(0.5) };
        harness.Prefill(tokens.AsSpan(0, Tokens), plan);
        for (int i = 0; i < Tokens; i++)
        {
            reference.Step(tokens[i], i);
        }

        KvSelection selection = harness.Selection(plan);
        KvCompressionReport report = Assert.IsType<KvCompressionReport>(harness.Compress(plan));

        Assert.Equal(selection.Cells, report.CellsAfter);
        Assert.InRange(report.CellsAfter, 20, Tokens - 20);
        AssertClose(reference.Select(selection).Step(tokens[Tokens], Tokens), harness.Decode(tokens.AsSpan(Tokens, 1), Tokens));
    }

    [Fact]
    public void Compress_PolicyThatFails_ThrowsAndLeavesTheSequence()
    {
        var shape = new RandomModel();
        using var harness = new CacheHarness(shape, Exact);
        harness.Decode(TestModels.RandomTokens(Tokens, shape.Vocabulary, seed: 7), 0);
        byte[] before = harness.State();

        // Negative scores have no mass.
        KvCompressionException e = Assert.Throws<KvCompressionException>(
            () => harness.Compress(CacheHarness.Plan(new KeyNorm(), 0.5) with { Budget = KvBudget.ByMass(0.5) }));

        Assert.Contains("'keynorm'", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, harness.State());
    }

    // Quantised, keys, values and queries are rotated: what is lost must come out as without, but for the quantisation.
    [Theory]
    [InlineData(KvElementType.F32, 1e-3)]
    [InlineData(KvElementType.Q8_0, 0.05)]
    public void Compress_MeasureLoss_IsThatOfTheForwardPass(KvElementType type, double tolerance)
    {
        var shape = new RandomModel { HeadDimension = 64 };
        using var harness = new CacheHarness(shape, Exact with { FlashAttention = FlashAttentionMode.On, KeyType = type, ValueType = type });
        var reference = new ReferenceModel(shape, harness.ModelPath);
        int[] tokens = TestModels.RandomTokens(Tokens, shape.Vocabulary, seed: 7);
        KvCompressionPlan plan = CacheHarness.Plan(new RandomTokens(), 0.5) with { MeasureLoss = true };
        harness.Prefill(tokens, plan);
        for (int i = 0; i < Tokens; i++)
        {
            reference.Step(tokens[i], i);
        }

        KvSelection selection = harness.Selection(plan);
        KvEvictionLoss loss = Assert.IsType<KvEvictionLoss>(harness.Compress(plan)!.Loss);

        for (int head = 0; head < shape.KvHeads; head++)
        {
            double expected = reference.RetainedMass(0, head, plan.QueryWindow, selection[0, head].ToArray());
            Assert.InRange(loss[0, head].RetainedMass, expected - tolerance, expected + tolerance);
        }

        Assert.True(loss.MaxOutputError > 0.01, "The eviction must move outputs for this test to say anything.");
    }

    [Fact]
    public void Compress_PlainElementsOnARotatedCache_ThrowsAndNamesTheSettings()
    {
        var shape = new RandomModel { HeadDimension = 64 };
        var settings = new LlamaContextSettings { ContextSize = 512, BatchSize = 128, FlashAttention = FlashAttentionMode.On, KeyType = KvElementType.Q8_0, ValueType = KvElementType.Q8_0 };
        using var harness = new CacheHarness(shape, settings);

        KvCompressionException e = Assert.Throws<KvCompressionException>(() => harness.Compressor.ThrowIfUnsupported(CacheHarness.Plan(new LagKv(), 0.5)));

        Assert.Contains("lagkv", e.Message, StringComparison.Ordinal);
        Assert.Contains("KeyCacheType", ChatAdvice.Of(e), StringComparison.Ordinal);
    }

    [Fact]
    public void ThrowIfUnsupported_QueriesThatCannotBeObserved_ThrowsAndNamesAPolicy()
    {
        var shape = new RandomModel();
        using var harness = new CacheHarness(shape, Exact);
        using var compressor = new KvCompressor(harness.Context, harness.Model, null, null, null, NullLogger.Instance);

        Assert.False(compressor.ObservesQueries);
        KvCompressionException e = Assert.Throws<KvCompressionException>(() => compressor.ThrowIfUnsupported(CacheHarness.Plan(new SnapKv(), 0.5)));
        Assert.Contains("'snapkv'", e.Message, StringComparison.Ordinal);
        Assert.Contains("curdkv", ChatAdvice.Of(e), StringComparison.Ordinal);
        Assert.Throws<KvCompressionException>(() => compressor.ThrowIfUnsupported(CacheHarness.Plan(new CriticalKv(new CurDkv()), 0.5)));
        Assert.Throws<KvCompressionException>(() => compressor.ThrowIfUnsupported(CacheHarness.Plan(new KvZip(), 0.5)));
    }

    [Theory]
    [MemberData(nameof(CacheKinds))]
    public void Compress_AnyPath_GivesTheStatePathsBlob(KvElementType keys, KvElementType values, FlashAttentionMode attention, int streams, int dimension)
    {
        var settings = new LlamaContextSettings
        {
            ContextSize = 512,
            BatchSize = 128,
            FlashAttention = attention,
            KeyType = keys,
            ValueType = values,
            Sequences = streams,
        };
        var shape = new RandomModel { HeadDimension = dimension };
        using var harness = new CacheHarness(shape, settings);
        int[] tokens = TestModels.RandomTokens(Tokens, shape.Vocabulary, seed: 7);
        KvCompressionPlan plan = CacheHarness.Plan(new RandomTokens(), 0.8);
        int sequence = streams / 2;
        List<KvRewritePath> paths = [KvRewritePath.State, KvRewritePath.Compact];
        if (streams == 1)
        {
            paths.Add(KvRewritePath.InPlace);
        }

        // A device moves whole words of whole rows.
        if (streams == 1 && attention == FlashAttentionMode.On && KvTensor.SliceBytesOf(keys, dimension) % 4 == 0)
        {
            paths.Add(KvRewritePath.Device);
        }

        byte[][] blobs = [.. paths.Select(path =>
        {
            harness.Remove(sequence);
            harness.Decode(tokens, 0, sequence);
            Assert.Equal(path, harness.Compress(plan, path, sequence)!.Path);
            return harness.State(sequence);
        })];

        Assert.All(blobs, blob => Assert.Equal(blobs[0], blob));
        Assert.Equal((60 - 1, Tokens - 1), (harness.Context.SequenceRange(sequence).Min + 59, harness.Context.SequenceRange(sequence).Max));
    }

    [Theory]
    [InlineData(FlashAttentionMode.On)]
    [InlineData(FlashAttentionMode.Off)]
    public unsafe void Write_KeepAll_GivesLlamaCppsOwnBlob(FlashAttentionMode attention)
    {
        var shape = new RandomModel();
        using var harness = new CacheHarness(shape, Exact with { FlashAttention = attention, Sequences = 3 });
        harness.Decode(TestModels.RandomTokens(Tokens, shape.Vocabulary, seed: 7), 0, sequence: 1);
        byte[] expected = harness.State(1);
        KvSelection all = harness.Selection(CacheHarness.Plan(new KeyNorm(), 0), sequence: 1);

        byte[] written = new byte[expected.Length];
        fixed (byte* source = expected)
        fixed (byte* destination = written)
        {
            KvStateBlob blob = KvStateBlob.TryParse(source, (nuint)expected.Length)!;
            Assert.Equal((nuint)expected.Length, blob.Format.Size(Tokens));
            KvStateWriter.Write(destination, blob.Format, 1, blob.View(shape.KvHeads, shape.HeadDimension, shape.HeadDimension), all, [.. Enumerable.Range(0, Tokens)]);
        }

        Assert.Equal(expected, written);
    }

    [Fact]
    public void Compress_OneOfThreeSequences_LeavesTheOthersBitIdentical()
    {
        var shape = new RandomModel();
        using var harness = new CacheHarness(shape, Exact with { Sequences = 3 });
        int[][] tokens = [.. Enumerable.Range(0, 3).Select(seed => TestModels.RandomTokens(Tokens, shape.Vocabulary, seed))];
        for (int sequence = 0; sequence < 3; sequence++)
        {
            harness.Decode(tokens[sequence], 0, sequence);
        }

        byte[] first = harness.State(0);
        byte[] last = harness.State(2);
        Assert.NotNull(harness.Compress(CacheHarness.Plan(new CurDkv(), 0.9), sequence: 1));

        Assert.Equal(first, harness.State(0));
        Assert.Equal(last, harness.State(2));
    }

    [Fact]
    public void Compress_WithinBudgetOrShort_LeavesTheSequenceAlone()
    {
        var shape = new RandomModel();
        using var harness = new CacheHarness(shape, Exact);
        harness.Decode(TestModels.RandomTokens(100, shape.Vocabulary, seed: 7), 0);
        byte[] before = harness.State();

        Assert.Null(harness.Compress(CacheHarness.Plan(new CurDkv(), 0)));
        Assert.Null(harness.Compress(CacheHarness.Plan(new CurDkv(), 0.5) with { MinTokens = 101 }));
        Assert.Equal(before, harness.State());
    }

    [Fact]
    public void Compress_ProtectionAboveTheBudget_GoesOnBehindTheNewestToken()
    {
        var shape = new RandomModel();
        using var harness = new CacheHarness(shape, Exact);
        var reference = new ReferenceModel(shape, harness.ModelPath);
        int[] tokens = TestModels.RandomTokens(41, shape.Vocabulary, seed: 7);
        harness.Decode(tokens.AsSpan(0, 40), 0);
        for (int i = 0; i < 40; i++)
        {
            reference.Step(tokens[i], i);
        }

        KvCompressionPlan plan = CacheHarness.Plan(new RandomTokens(), 0.8) with { Protection = new KvProtection(30, 1) };
        Assert.NotNull(harness.Compress(plan));

        var expected = new KvSelection(shape.Layers, shape.KvHeads, 8);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            for (int head = 0; head < shape.KvHeads; head++)
            {
                ((ReadOnlySpan<int>)[0, 1, 2, 3, 4, 5, 6, 39]).CopyTo(expected[layer, head]);
            }
        }

        AssertClose(reference.Select(expected).Step(tokens[40], 40), harness.Decode(tokens.AsSpan(40, 1), 40));
    }

    [Fact]
    public void Compress_TokensNotInOrderFromTheFirstCell_TakesTheStatePath()
    {
        var shape = new RandomModel();
        using var harness = new CacheHarness(shape, Exact);
        int[] tokens = TestModels.RandomTokens(200, shape.Vocabulary, seed: 7);
        harness.Decode(tokens, 0);
        harness.Context.SequenceRemove(0, 0, 50);
        var rest = new KvSequence(0);
        rest.Append(new int[150]);

        // 150 cells are left, but the newest token lies in cell 199.
        Assert.Equal(KvRewritePath.State, harness.Compressor.Compress(rest, CacheHarness.Plan(new CurDkv(), 0.5))!.Path);
    }

    [Fact]
    public void Compress_RefusedBlob_RemovesTheSequenceAndThrows()
    {
        var shape = new RandomModel();
        using var harness = new CacheHarness(shape, Exact);
        using var refusing = new RefusingContext(harness.Context);
        using var compressor = new KvCompressor(refusing, harness.Model, null, harness.Capture, null, NullLogger.Instance);
        harness.Decode(TestModels.RandomTokens(Tokens, shape.Vocabulary, seed: 7), 0);

        Assert.Throws<KvCompressionException>(() => compressor.Compress(harness.Sequence(), CacheHarness.Plan(new CurDkv(), 0.5)));
        Assert.Equal((-1, -1), harness.Context.SequenceRange(0));
    }

    [Fact]
    public void Constructor_CaptureThatSawNothing_FallsBackToTheStatePath()
    {
        var shape = new RandomModel();
        using var harness = new CacheHarness(shape, Exact);
        var logger = new Microsoft.Extensions.Logging.Testing.FakeLogger();
        using var compressor = new KvCompressor(harness.Context, harness.Model, null, new KvCapture(shape.Layers), null, logger);
        harness.Decode(TestModels.RandomTokens(Tokens, shape.Vocabulary, seed: 7), 0);

        Assert.Equal(KvRewritePath.State, compressor.Compress(harness.Sequence(), CacheHarness.Plan(new CurDkv(), 0.5))!.Path);
        Assert.Single(logger.Collector.GetSnapshot(), record => record.Level == Microsoft.Extensions.Logging.LogLevel.Warning);
    }

    [Theory]
    [InlineData(false, false, "ALiBi")]
    [InlineData(true, true, "recurrent")]
    public void Compress_ModelWhoseCacheCannotBeCut_ThrowsWithTheReason(bool rotary, bool recurrent, string reason)
    {
        using var harness = new CacheHarness(new RandomModel(), Exact);
        LlamaModelInfo model = harness.Model with { HasRotaryPositions = rotary, IsRecurrent = recurrent };
        using var compressor = new KvCompressor(harness.Context, model, null, null, null, NullLogger.Instance);

        var exception = Assert.Throws<KvCompressionException>(() => compressor.ThrowIfUnsupported(CacheHarness.Plan(new CurDkv(), 0.5)));
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
        Assert.Contains("Policy", ChatAdvice.Of(exception), StringComparison.Ordinal);
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        float worst = Distance(expected, actual);
        Assert.True(worst <= 2e-5f, $"Logits differ by {worst:E2}.");
    }

    private static float Distance(float[] a, float[] b) => a.Zip(b, (x, y) => MathF.Abs(x - y)).Max();
}
