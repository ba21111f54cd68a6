using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.State;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Tests.Models;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;
using Microsoft.Extensions.Logging.Abstractions;

namespace CurKv.Connector.Tests.Scheduling;

public class DecodingCompressionTests
{
    private static readonly LlamaContextSettings Settings = new() { ContextSize = 256, BatchSize = 64, Threads = 1 };

    [Theory]
    [InlineData("curdkv")]
    [InlineData("snapkv(window=16)")]
    public void AfterToken_OverTheBudgetByTheInterval_CompressesOnceThatIsSo(string policy)
    {
        KvCompressionPlan plan = Plan(policy) with { Budget = KvBudget.FromCells(100), DecodingInterval = 50 };

        (List<int> at, KvSequence sequence) = Decode(plan, 400);

        // The first time the sequence has to grow to the budget as well.
        Assert.Equal([.. Enumerable.Range(0, at.Count).Select(i => 150 + (i * 50))], at);
        Assert.Equal(400, sequence.Tokens);
        Assert.True(at.Count >= 4);
    }

    // A share of the tokens grows with them, so that each time more stay: 49 of 99, 99 of 199, 149 of 299.
    [Fact]
    public void AfterToken_BudgetByRatio_FollowsTheTokens()
    {
        KvCompressionPlan plan = Plan("curdkv") with { Budget = KvBudget.FromRatio(0.5), DecodingInterval = 50 };

        (List<int> at, KvSequence sequence) = Decode(plan, 350);

        Assert.Equal([99, 199, 299], at);
        Assert.Equal(149 + 51, sequence.Cells);
    }

    [Fact]
    public void AfterToken_BudgetByMass_WaitsForTheIntervalBehindTheLastCut()
    {
        KvCompressionPlan plan = Plan("curdkv") with { Budget = KvBudget.ByMass(0.5), DecodingInterval = 50 };

        (List<int> at, KvSequence sequence) = Decode(plan, 300);

        Assert.Equal(50, at[0]);
        Assert.All(at.Zip(at.Skip(1)), pair => Assert.Equal(50, pair.Second - pair.First));
        Assert.True(sequence.Cells < 250);
    }

    [Fact]
    public void AfterToken_NoPlanNoIntervalOrTooFewCells_LeavesTheSequence()
    {
        Assert.Empty(Decode(null, 200).At);
        Assert.Empty(Decode(Plan("curdkv"), 200).At);
        Assert.Empty(Decode(Plan("curdkv") with { DecodingInterval = 10, MinTokens = 201 }, 200).At);
    }

    // What was observed when the constraint came is given up: its window would have a gap.
    [Theory]
    [InlineData("curdkv", 190)]
    [InlineData("snapkv(window=16)", 206)]
    public void AfterToken_Constrained_WaitsForItsEnd(string policy, int first)
    {
        KvCompressionPlan plan = Plan(policy) with { Budget = KvBudget.FromCells(100), DecodingInterval = 50 };

        Assert.Equal(first, Decode(plan, 210, isConstrained: token => token is >= 140 and < 190).At[0]);
        Assert.Empty(Decode(plan, 210, isConstrained: _ => true).At);
    }

    private static KvCompressionPlan Plan(string policy) =>
        new(new KvSelector(KvPolicyCatalog.Default.Create(policy)), KvBudget.FromCells(50), new KvProtection(2, 4), MinTokens: 0);

    /// <summary>Decodes token by token, and tells after how many of them there was a compression.</summary>
    private static (List<int> At, KvSequence Sequence) Decode(KvCompressionPlan? plan, int tokens, Func<int, bool>? isConstrained = null)
    {
        var shape = new RandomModel();
        string path = TestModels.Write(shape);
        using LlamaSharpEngine engine = TestModels.Load(path);
        using var sized = new ResizableContext(engine, Settings, KvCacheAccess.OnHost, NullLogger.Instance);
        var sequence = new KvSequence(0);
        List<int> at = [];
        using var compression = new DecodingCompression(sized, sequence, plan);
        foreach (int token in TestModels.RandomTokens(tokens, shape.Vocabulary, seed: 4))
        {
            sized.Context.Decode(sequence, [token], logits: true);
            if (compression.AfterToken(isConstrained?.Invoke(sequence.Tokens) == true) is KvCompressionReport report)
            {
                Assert.Equal(sequence.Cells, report.CellsAfter);
                at.Add(sequence.Tokens);
            }
        }

        Assert.InRange(sized.Context.SequenceRange(0).Max, tokens - 1, tokens - 1);
        return (at, sequence);
    }
}
