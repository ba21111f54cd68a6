using System.Text.Json;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Leverage;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Vectors;

/// <summary>Cases small enough to be computed by hand, and the windows of zeros.</summary>
public class HandVectorTests
{
    [Fact]
    public void Select_HandCur_MatchesScoresAndTokens()
    {
        JsonElement expected = VectorFile.Case("hand_cur");
        JsonElement parameters = expected.GetProperty("params");
        using var keys = TestTensor.Of(VectorFile.Tensor(parameters.GetProperty("K")));
        using var values = TestTensor.Of(VectorFile.Tensor(parameters.GetProperty("V")));

        AssertCase(expected, new CurDkv(new CurDkvOptions { Variant = CurDkvVariant.Norms }), keys.View, values.View, Number(parameters, "k"), Number(parameters, "n_sink"));
    }

    [Fact]
    public void Select_HandKeyNorm_MatchesScoresAndTokens()
    {
        JsonElement expected = VectorFile.Case("hand_knorm");
        JsonElement parameters = expected.GetProperty("params");
        using var keys = TestTensor.Of(VectorFile.Tensor(parameters.GetProperty("K")));

        AssertCase(expected, new KeyNorm(), keys.View, default, Number(parameters, "k"), sinks: 0);
    }

    [Fact]
    public void Select_ZeroKeyWindows_CountAsUniform()
    {
        JsonElement expected = VectorFile.Case("edge_zero_key_windows");
        CurDkvWindow window = CurDkvWindow.KvPress with { Tokens = Number(expected, "window") };
        using var keys = new TestTensor(KvElementType.F32, KvLayout.TokenMajor, tokens: 20, heads: 1, headDimension: 4);
        using var values = TestTensor.Of([[.. Enumerable.Repeat(new float[] { 1, 1, 1, 1 }, 20)]]);
        var policy = new CurDkv(new CurDkvOptions { Variant = CurDkvVariant.LocalNorms, LocalWindow = window });

        AssertCase(expected, policy, keys.View, values.View, Number(expected, "k"), Number(expected, "n_sink"));
    }

    [Fact]
    public void Measure_HandExactLeverage_MatchesVector()
    {
        JsonElement expected = VectorFile.Case("hand_exact_leverage");
        using var keys = TestTensor.Of(VectorFile.Tensor(expected.GetProperty("params").GetProperty("K")));
        float[] weights = new float[4];

        new ExactLeverage().Measure(keys.View, weights);

        ScoreAssert.Equal(VectorFile.Matrix(expected.GetProperty("scores"))[0], weights);
    }

    private static int Number(JsonElement parent, string name) => parent.GetProperty(name).GetInt32();

    private static void AssertCase(JsonElement expected, IKvPolicy policy, KvTensor keys, KvTensor values, int cells, int sinks)
    {
        float[] scores = new float[keys.Tokens];
        policy.Score(new KvLayer(0, new KvLayerTensors(keys, values), cells, sinks), scores);
        KvSelection selection = new KvSelector(policy).Select(
            [new KvLayerTensors(keys, values)], KvBudget.FromCells(cells), new KvProtection(sinks, 0));

        ScoreAssert.Equal(VectorFile.Matrix(expected.GetProperty("scores"))[0], scores);
        Assert.Equal(VectorFile.Indices(expected.GetProperty("kept"))[0], selection[0, 0].ToArray());
    }
}
