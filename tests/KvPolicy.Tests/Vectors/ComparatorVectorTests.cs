using System.Text.Json;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Vectors;

/// <summary>KeyDiff and LagKV against the reference vectors.</summary>
public class ComparatorVectorTests
{
    private const int Budget = 8;

    public static TheoryData<string> Cases { get; } = ["keydiff", "lagkv", "lagkv_k14", "lagkv_cross", "lagkv_cross_k14"];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Score_ReferenceCase_MatchesVector(string name)
    {
        JsonElement expected = VectorFile.Case(name);
        using var keys = TestTensor.Of(VectorFile.Keys);
        using var values = TestTensor.Of(VectorFile.Values);

        float[] scores = Scoring.Score(Policy(name), keys.View, values.View, sinks: Parameter(expected, "n_sink", 0));

        ScoreAssert.Equal([.. VectorFile.Matrix(expected.GetProperty("scores")).SelectMany(row => row)], scores);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Select_ReferenceCase_KeepsVectorTokens(string name)
    {
        JsonElement expected = VectorFile.Case(name);
        using var keys = TestTensor.Of(VectorFile.Keys);
        using var values = TestTensor.Of(VectorFile.Values);

        KvSelection selection = new KvSelector(Policy(name)).Select(
            [new KvLayerTensors(keys.View, values.View)],
            KvBudget.FromCells(Parameter(expected, "k", Budget)),
            new KvProtection(Parameter(expected, "n_sink", 0), 0),
            TestContext.Current.CancellationToken);

        AssertKept(expected, selection);
    }

    [Fact]
    public void Select_LagKvOfShortPrompt_KeepsSinksAndMostRecent()
    {
        JsonElement expected = VectorFile.Case("edge_lagkv_short");
        int tokens = expected.GetProperty("n").GetInt32();
        const int Sinks = 2;
        using var keys = TestTensor.Of([.. VectorFile.Keys.Select(head => head[..tokens])]);
        using var values = TestTensor.Of([.. VectorFile.Values.Select(head => head[..tokens])]);
        var policy = new LagKv(lag: 4);

        float[] scores = Scoring.Score(policy, keys.View, values.View, sinks: Sinks);
        KvSelection selection = new KvSelector(policy).Select(
            [new KvLayerTensors(keys.View, values.View)],
            KvBudget.FromCells(expected.GetProperty("k").GetInt32()),
            new KvProtection(Sinks, 0),
            TestContext.Current.CancellationToken);

        ScoreAssert.Equal([.. VectorFile.Matrix(expected.GetProperty("scores")).SelectMany(row => row)], scores);
        AssertKept(expected, selection);
    }

    private static void AssertKept(JsonElement expected, KvSelection selection)
    {
        int[][] kept = VectorFile.Indices(expected.GetProperty("kept"));
        Assert.Equal(kept.Length, selection.Heads);
        for (int head = 0; head < kept.Length; head++)
        {
            Assert.Equal(kept[head], selection[0, head].ToArray());
        }
    }

    private static int Parameter(JsonElement expected, string name, int otherwise) =>
        expected.GetProperty("params").TryGetProperty(name, out JsonElement value) ? value.GetInt32() : otherwise;

    private static IKvPolicy Policy(string name) =>
        name == "keydiff" ? new KeyDiff() : new LagKv(lag: 4, crossed: name.Contains("cross", StringComparison.Ordinal));
}
