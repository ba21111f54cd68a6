using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Tests.KvCache;
using CurKv.Connector.Tests.Models;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies.Attention;
using CurKv.KvPolicy.Policies.Leverage;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.Tests.Scheduling;

public class ReconstructionPassTests
{
    private const int Tokens = 300;

    // As the harness's plans protect.
    private const int Sinks = 2;
    private static readonly RandomModel Shape = new();

    // 600 cells leave room for chunks of less than the 300 tokens, so that there are two.
    private static readonly LlamaContextSettings Settings = CacheHarness.Exact with { ContextSize = 600, BatchSize = 64 };

    [Fact]
    public void Read_KvZip_KeepsWhatAnIndependentReconstructionAttendsTo()
    {
        using var harness = new CacheHarness(Shape, Settings);
        var reference = new ReferenceModel(Shape, harness.ModelPath);
        int[] tokens = TestModels.RandomTokens(Tokens + 1, Shape.Vocabulary, seed: 3);
        float[] expected = Read(reference, tokens.AsSpan(0, Tokens), 0);

        Read(harness, tokens[..Tokens], CacheHarness.Plan(KvPolicyCatalog.Default.Create("kvzip"), 0.8));

        AssertClose(expected, harness.Context.Logits().ToArray());
        KvSelection selection = Expected(reference, harness.Engine, tokens.AsSpan(0, Tokens), 60);
        for (int layer = 0; layer < Shape.Layers; layer++)
        {
            for (int head = 0; head < Shape.KvHeads; head++)
            {
                Assert.Equal(selection[layer, head].ToArray(), harness.Sequence().HeadPositions![layer].Listed(head).ToArray());
            }
        }

        Assert.Equal(60, harness.Sequence().Cells);
        AssertClose(reference.Select(selection).Step(tokens[Tokens], Tokens), harness.Decode(tokens.AsSpan(Tokens, 1), Tokens));
    }

    // The window's queries are those of the prompt, not of the pass.
    [Fact]
    public void Read_KvZipWithAWindow_ObservesThePromptsQueriesAgain()
    {
        using var harness = new CacheHarness(Shape, Settings);
        int[] tokens = TestModels.RandomTokens(Tokens, Shape.Vocabulary, seed: 3);
        KvCompressionPlan window = CacheHarness.Plan(KvPolicyCatalog.Default.Create("snapkv(window=16)"), 0.8);
        harness.Prefill(tokens, window);
        KvQueries expected = harness.Queries.Take(1, 16, null)!.Value;
        harness.Remove();

        Read(harness, tokens, CacheHarness.Plan(KvPolicyCatalog.Default.Create("snapkv(window=16)+kvzip"), 0.8));

        KvQueries actual = harness.Queries.Take(1, 16, null)!.Value;
        for (int head = 0; head < Shape.QueryHeads; head++)
        {
            AssertClose(expected.Head(head).ToArray(), actual.Head(head).ToArray());
        }
    }

    [Fact]
    public void Read_NoRoomForTheReconstruction_ThrowsBeforeAnythingIsRead()
    {
        using var harness = new CacheHarness(Shape, Settings with { ContextSize = 320 });
        int[] tokens = TestModels.RandomTokens(Tokens, Shape.Vocabulary, seed: 3);

        PromptTooLongException e = Assert.Throws<PromptTooLongException>(() => Read(harness, tokens, CacheHarness.Plan(new KvZip(), 0.8)));

        Assert.Contains("reconstruction pass", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, harness.Sequence().Cells);
    }

    [Fact]
    public void Read_BehindEvictedTokens_Throws()
    {
        using var harness = new CacheHarness(Shape, Settings);
        int[] tokens = TestModels.RandomTokens(Tokens, Shape.Vocabulary, seed: 3);
        Read(harness, tokens, CacheHarness.Plan(new CurDkv(), 0.5));

        KvCompressionException e = Assert.Throws<KvCompressionException>(() => Read(harness, tokens[..50], CacheHarness.Plan(new KvZip(), 0.8)));
        Assert.Contains("already evicted", e.Message, StringComparison.Ordinal);
        Assert.Contains("Policy", ChatAdvice.Of(e), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AModelWithASlidingWindow_Throws()
    {
        using var harness = new CacheHarness(new SlidingWindowModel(), Settings);
        int[] tokens = TestModels.RandomTokens(Tokens, harness.Shape.Vocabulary, seed: 3);

        KvCompressionException e = Assert.Throws<KvCompressionException>(() => Read(harness, tokens, CacheHarness.Plan(new KvZip(), 0.8)));

        Assert.Contains("sliding window", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, harness.Sequence().Cells);
    }

    private static void Read(CacheHarness harness, int[] tokens, KvCompressionPlan plan) =>
        new PromptPrefill(harness.Engine, harness.Context, harness.Compressor, harness.Sequence(), null, CancellationToken.None).Run(tokens, plan);

    private static float[] Read(ReferenceModel reference, ReadOnlySpan<int> tokens, int position)
    {
        float[] logits = [];
        foreach (int token in tokens)
        {
            logits = reference.Step(token, position++);
        }

        return logits;
    }

    /// <summary>KVzip by its definition: instructions and chunks as the product words and cuts them.</summary>
    private static KvSelection Expected(ReferenceModel reference, ILlamaEngine engine, ReadOnlySpan<int> tokens, int cells)
    {
        int[] next = engine.Tokenize("\n\nRepeat the part of the previous context exactly, starting with ", false, false);
        int size = Settings.ContextSize - Tokens - next.Length - 8;
        Assert.InRange(size, 100, Tokens - 1);
        double[,][] scores = new double[Shape.Layers, Shape.KvHeads][];
        for (int start = Sinks; start < Tokens; start += size)
        {
            int end = Math.Min(start + size, Tokens);
            int[] instruction = start == Sinks ? engine.Tokenize("\n\nRepeat the previous context exactly.", false, false) : [.. next, .. tokens[(start - 8)..start]];
            List<float[][]> queries = [];
            foreach (int token in (int[])[.. instruction, .. tokens[start..end]])
            {
                queries.Add(reference.Queries(token, Tokens + queries.Count));
            }

            for (int layer = 0; layer < Shape.Layers; layer++)
            {
                for (int head = 0; head < Shape.KvHeads; head++)
                {
                    scores[layer, head] = [.. scores[layer, head] ?? new double[Sinks], .. reference.HighestAttention(layer, head, queries, Sinks, start, end)];
                }
            }

            reference.Truncate(Tokens);
        }

        var selection = new KvSelection(Shape.Layers, Shape.KvHeads, cells);
        for (int layer = 0; layer < Shape.Layers; layer++)
        {
            for (int head = 0; head < Shape.KvHeads; head++)
            {
                // The harness's plans protect 4 recent tokens.
                double[] own = scores[layer, head];
                int[] best = [.. Enumerable.Range(0, Tokens).OrderByDescending(i => i < Sinks || i >= Tokens - 4 ? double.MaxValue : own[i]).ThenBy(i => i).Take(cells).Order()];
                best.CopyTo(selection[layer, head]);
            }
        }

        return selection;
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        float worst = expected.Zip(actual, (x, y) => MathF.Abs(x - y)).Max();
        Assert.True(worst <= 1e-4f, $"They differ by {worst:E2}.");
    }
}
