using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Policies;

public class StreamingLlmTests
{
    [Fact]
    public void Select_ProtectedRange_LeavesTheMostRecent()
    {
        using var keys = new TestTensor(KvElementType.F32, KvLayout.TokenMajor, tokens: 20, heads: 2, headDimension: 1);
        var protection = new KvProtection(Sinks: 2, Recent: 1) { Ranges = [new TokenRange(5, 8)] };

        KvSelection selection = new KvSelector(new StreamingLlm()).Select(
            [new KvLayerTensors(keys.View, default)], KvBudget.FromCells(8), protection, TestContext.Current.CancellationToken);

        Assert.Equal([0, 1, 5, 6, 7, 17, 18, 19], selection[0, 0].ToArray());
        Assert.Equal([0, 1, 5, 6, 7, 17, 18, 19], selection[0, 1].ToArray());
    }

    [Fact]
    public void Score_LongWindow_RisesWithEveryToken()
    {
        const int Tokens = 100_000;
        using var keys = new TestTensor(KvElementType.F16, KvLayout.TokenMajor, Tokens, heads: 1, headDimension: 1);

        float[] scores = Scoring.Score(new StreamingLlm(), keys.View, default, budget: Tokens - 10, sinks: 4);

        Assert.All(Enumerable.Range(15, Tokens - 15), token => Assert.True(scores[token] > scores[token - 1]));
    }
}
