using CurKv.Connector.Chat;
using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.State;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Tests.KvCache;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies.Attention;
using CurKv.KvPolicy.Policies.Leverage;

namespace CurKv.Connector.Tests.Scheduling;

public class PrefillPlanTests
{
    [Theory]
    [InlineData(0, 512)]
    [InlineData(100, 412)]
    public void For_PromptThatFits_IsOneRound(int cells, int tokens)
    {
        PrefillPlan prefillPlan = PrefillPlan.For(Sequence(cells), tokens, null, capacity: 512, batchSize: 128);

        Assert.Equal(512, prefillPlan.CellsBetween);
        Assert.Equal(tokens, prefillPlan.Next(cells, tokens));
    }

    [Theory]
    [InlineData("curdkv", 0.9, 0, 10_000)]
    [InlineData("curdkv", 0.9, 500, 4_000)]
    [InlineData("curdkv", 0.95, 512, 600)]
    [InlineData("snapkv(window=64)", 0.97, 0, 513)]
    [InlineData("snapkv(window=64)", 0.5, 0, 1_024)]
    [InlineData("streaming", 0.99, 300, 50_000)]
    public void Next_PromptLongerThanTheCache_FillsItInRoundsAndKeepsTheLastOneLongEnough(string policy, double ratio, int cells, int tokens)
    {
        KvCompressionPlan plan = CacheHarness.Plan(KvPolicyCatalog.Default.Create(policy), ratio);
        if (plan.Budget.Cells(cells + tokens) > 512)
        {
            Assert.Throws<PromptTooLongException>(() => PrefillPlan.For(Sequence(cells), tokens, plan, capacity: 512, batchSize: 128));
            return;
        }

        PrefillPlan prefillPlan = PrefillPlan.For(Sequence(cells), tokens, plan, capacity: 512, batchSize: 128);
        int remaining = tokens;
        int rounds = 0;
        for (int count; (count = prefillPlan.Next(cells, remaining)) < remaining; rounds++)
        {
            Assert.InRange(cells + count, 1, 512);
            Assert.InRange(rounds, 0, 1 + (tokens / 128));
            remaining -= count;
            cells = Math.Min(cells + count, prefillPlan.CellsBetween);
        }

        Assert.InRange(remaining, Math.Min(tokens, Math.Max(plan.QueryWindow, 128)), 512 - cells);
        Assert.True(plan.Budget.Cells(tokens) <= cells + remaining);
    }

    [Fact]
    public void For_KeptCellsThatDoNotFit_ThrowsAndNamesTheSettings()
    {
        PromptTooLongException whole = Assert.Throws<PromptTooLongException>(() => PrefillPlan.For(Sequence(0), 513, null, 512, 128));
        Assert.Contains("ContextSize", ChatAdvice.Of(whole), StringComparison.Ordinal);

        KvCompressionPlan half = CacheHarness.Plan(new CurDkv(), 0.5);
        PromptTooLongException kept = Assert.Throws<PromptTooLongException>(() => PrefillPlan.For(Sequence(0), 1_026, half, 512, 128));
        Assert.Contains("513", kept.Message, StringComparison.Ordinal);
        Assert.Contains("Ratio", ChatAdvice.Of(kept), StringComparison.Ordinal);
        Assert.Equal((1_026, 512), (kept.Tokens, kept.ContextSize));
    }

    // No token could be read before the first compression, so that there would be no queries for it.
    [Fact]
    public void For_FullCacheAndAPolicyWithQueries_Throws() =>
        Assert.Throws<PromptTooLongException>(() => PrefillPlan.For(Sequence(512), 100, CacheHarness.Plan(new SnapKv(), 0.9), 512, 128));

    private static KvSequence Sequence(int cells)
    {
        var sequence = new KvSequence(0);
        sequence.Append(new int[cells]);
        return sequence;
    }
}
