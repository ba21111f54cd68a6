using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Tests.KvCache;
using CurKv.Connector.Tests.Models;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Leverage;
using CurKv.KvPolicy.Protection;

namespace CurKv.Connector.Tests.Scheduling;

public class PromptPrefillTests
{
    private const int Capacity = 256;
    private const int Tokens = 4 * Capacity;
    private static readonly LlamaContextSettings Settings = CacheHarness.Exact with { ContextSize = Capacity, BatchSize = 64 };

    [Theory]
    [InlineData("curdkv*pool(curdkv-norms(combine=key))")]
    [InlineData("snapkv(window=16,pool=21)+4*curdkv(value=0.5)")]
    [InlineData("streaming")]
    [InlineData("random")]
    public void Read_PromptFourTimesTheCache_MatchesAForwardPassThatEvictsTheSameTokens(string policy)
    {
        var shape = new RandomModel();
        using var harness = new CacheHarness(shape, Settings);
        var reference = new ReferenceModel(shape, harness.ModelPath);
        KvCompressionPlan plan = CacheHarness.Plan(KvPolicyCatalog.Default.Create(policy), 0.9);
        int[] tokens = TestModels.RandomTokens(Tokens + 3, shape.Vocabulary, seed: 11);
        int position = 0;

        // Round by round, with the selection told to the reference.
        PrefillPlan prefillPlan = PrefillPlan.For(harness.Sequence(), Tokens, plan, Capacity, Settings.BatchSize);
        for (int count = 1; position < Tokens;)
        {
            count = prefillPlan.Next(harness.Sequence().Cells, Tokens - position);
            KvCompressionPlan now = position + count < Tokens ? plan.DuringPrefill(prefillPlan.CellsBetween) : plan;
            float[] actual = harness.Prefill(tokens.AsSpan(position, count), now, position);
            float[] expected = [];
            for (int end = position + count; position < end; position++)
            {
                expected = reference.Step(tokens[position], position);
            }

            AssertClose(expected, actual);
            reference = reference.Select(harness.Selection(now));
            Assert.NotNull(harness.Compress(now));
        }

        byte[] state = harness.State();
        harness.Remove();
        List<PromptProgress> progress = [];
        PrefillResult prefill = new PromptPrefill(harness.Engine, harness.Context, harness.Compressor, harness.Sequence(), progress.Add, CancellationToken.None).Run(tokens[..Tokens], plan);

        Assert.Equal(state, harness.State());
        Assert.True(prefill.Compressions.Count > 4);
        Assert.Equal(new PromptProgress(Tokens, Tokens), progress[^1]);
        Assert.All(progress.Zip(progress.Skip(1)), pair => Assert.InRange(pair.Second.Processed - pair.First.Processed, 1, Settings.BatchSize));
        Assert.Equal((Tokens, plan.Budget.Cells(Tokens)), (harness.Sequence().Tokens, harness.Sequence().Cells));
        for (int i = Tokens; i < tokens.Length; i++)
        {
            AssertClose(reference.Step(tokens[i], i), harness.Decode(tokens.AsSpan(i, 1), i));
        }
    }

    // A system prompt at the beginning stays in every head, however often the rest is cut.
    [Fact]
    public void Read_ProtectedRange_SurvivesEveryRound()
    {
        var shape = new RandomModel();
        using var harness = new CacheHarness(shape, Settings);
        KvCompressionPlan plan = CacheHarness.Plan(new RandomTokens(), 0.9) with { Protection = new KvProtection(2, 4) { Ranges = [new TokenRange(100, 120)] } };
        int[] tokens = TestModels.RandomTokens(Tokens, shape.Vocabulary, seed: 11);

        new PromptPrefill(harness.Engine, harness.Context, harness.Compressor, harness.Sequence(), null, CancellationToken.None).Run(tokens, plan);

        Assert.All(harness.Sequence().HeadPositions!, layer =>
        {
            for (int head = 0; head < shape.KvHeads; head++)
            {
                Assert.Equal(Enumerable.Range(100, 20), layer.Listed(head).ToArray().Where(position => position is >= 100 and < 120));
                Assert.Equal([0, 1], layer.Listed(head)[..2].ToArray());
                Assert.Equal(Tokens - 1, layer.Listed(head)[^1]);
            }
        });
    }

    [Fact]
    public void Read_Cancelled_StopsWithinAChunk()
    {
        var shape = new RandomModel();
        using var harness = new CacheHarness(shape, Settings);
        using var cancellation = new CancellationTokenSource();
        int[] tokens = TestModels.RandomTokens(Tokens, shape.Vocabulary, seed: 11);
        int read = 0;
        var prefill = new PromptPrefill(
            harness.Engine,
            harness.Context,
            harness.Compressor,
            harness.Sequence(),
            progress =>
            {
                read = progress.Processed;
                if (read >= 600)
                {
                    cancellation.Cancel();
                }
            },
            cancellation.Token);

        Assert.Throws<OperationCanceledException>(() => prefill.Run(tokens, CacheHarness.Plan(new CurDkv(), 0.9)));
        Assert.InRange(read, 600, 600 + Settings.BatchSize);
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        float worst = expected.Zip(actual, (x, y) => MathF.Abs(x - y)).Max();
        Assert.True(worst <= 1e-4f, $"Logits differ by {worst:E2}.");
    }
}
