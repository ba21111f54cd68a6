using System.Text.Json;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies.Combined;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Vectors;

/// <summary>ChunkKV and AdaKV against the reference vectors, over the scores of the cases that they are built on.</summary>
/// <remarks>
/// <c>chunkkv_kvpress_on_snapkv</c> is left out: it keeps whole chunks only and leaves a part of the budget unused, as kvpress does.
/// </remarks>
public class CombinedVectorTests
{
    private const int Heads = 2;

    [Theory]
    [InlineData("chunkkv_exact_budget_on_snapkv", "snapkv_avgpool", 0)]
    [InlineData("chunkkv_exact_budget_on_curdkv_kvpress", "curdkv_kvpress", 4)]
    public void Select_ChunkKv_KeepsVectorTokens(string name, string inner, int sinks)
    {
        JsonElement expected = VectorFile.Case(name);
        JsonElement parameters = expected.GetProperty("params");
        var policy = new ChunkKv(new GivenScores(Scores(inner)), parameters.GetProperty("chunk").GetInt32());
        using var keys = TestTensor.Of(VectorFile.Keys);

        KvSelection selection = new KvSelector(policy).Select(
            [new KvLayerTensors(keys.View, default)],
            KvBudget.FromCells(parameters.GetProperty("k").GetInt32()),
            new KvProtection(sinks, 0),
            TestContext.Current.CancellationToken);

        int[][] kept = VectorFile.Indices(expected.GetProperty("kept"));
        Assert.Equal(kept, Enumerable.Range(0, Heads).Select(head => selection[0, head].ToArray()));
    }

    [Theory]
    [InlineData("adasnapkv", "snapkv_avgpool", 0)]
    [InlineData("adacurdkv_on_paper", "curdkv_paper", 4)]
    [InlineData("adacurdkv_on_kvpress", "curdkv_kvpress", 4)]
    [InlineData("adacurdkv_on_exact", "curdkv_exact_leverage", 4)]
    public void Allocate_ReferenceCase_MatchesVectorBudgetsAndTokens(string name, string inner, int sinks)
    {
        JsonElement expected = VectorFile.Case(name);
        JsonElement parameters = expected.GetProperty("params");
        float[][] scores = Scores(inner, sinks);

        AssertAllocation(expected, scores, parameters.GetProperty("k_per_head").GetInt32(), parameters.GetProperty("alpha").GetDouble());
    }

    [Theory]
    [InlineData("hand_adakv")]
    [InlineData("hand_adakv_alpha0_ties")]
    public void Allocate_HandCase_MatchesVectorBudgetsAndTokens(string name)
    {
        JsonElement expected = VectorFile.Case(name);
        JsonElement parameters = expected.GetProperty("params");

        AssertAllocation(expected, Scores(name), parameters.GetProperty("k").GetInt32(), parameters.GetProperty("alpha").GetDouble());
    }

    // The sinks are kept by their scores: a pool counts them in.
    private static float[][] Scores(string name, int sinks = 0)
    {
        float[][] scores = VectorFile.Matrix(VectorFile.Case(name).GetProperty("scores"));
        foreach (float[] head in scores)
        {
            head.AsSpan(0, sinks).Fill(float.PositiveInfinity);
        }

        return scores;
    }

    private static void AssertAllocation(JsonElement expected, float[][] scores, int cells, double safeguard)
    {
        int[] budgets = new AdaKv(new GivenScores(scores), safeguard).Allocate([.. scores.SelectMany(head => head)], scores.Length, cells);

        Assert.Equal(expected.GetProperty("budgets").EnumerateArray().Select(budget => budget.GetInt32()), budgets);
        int[][] kept = VectorFile.Indices(expected.GetProperty("kept"));
        for (int head = 0; head < budgets.Length; head++)
        {
            int[] best = new int[budgets[head]];
            TokenSelector.Select(scores[head], [new TokenSegment(0, scores[head].Length, false)], best);
            Assert.Equal(kept[head], best);
        }
    }
}
