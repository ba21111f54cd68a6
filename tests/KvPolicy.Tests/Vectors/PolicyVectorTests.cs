using System.Text.Json;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Leverage;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Vectors;

/// <summary>Policies against the reference vectors.</summary>
public class PolicyVectorTests
{
    // The layer that the random case was computed for; the others do not depend on it.
    private const int Layer = 3;
    private const int Budget = 8;

    public static TheoryData<string> Cases { get; } =
    [
        "random", "streaming_llm", "knorm", "cur_norms_key", "cur_norms_value", "cur_norms_kv_avg", "cur_norms_kv_product",
        "curdkv_paper", "curdkv_kvpress", "curdkv_authors_fork", "curdkv_kvpress_random_leverage", "curdkv_spec_mean_window",
        "curdkv_exact_leverage", "curdkv_kvpress_protect_recent",
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Score_ReferenceCase_MatchesVector(string name)
    {
        JsonElement expected = VectorFile.Case(name);
        using var keys = TestTensor.Of(VectorFile.Keys);
        using var values = TestTensor.Of(VectorFile.Values);

        float[] scores = new float[keys.View.Heads * keys.View.Tokens];
        Policy(name).Score(new KvLayer(Layer, new KvLayerTensors(keys.View, values.View), Budget, Parameter(expected, "n_sink")), scores);

        ScoreAssert.Equal([.. VectorFile.Matrix(expected.GetProperty("scores")).SelectMany(row => row)], scores);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Select_ReferenceCase_KeepsVectorTokens(string name)
    {
        JsonElement expected = VectorFile.Case(name);
        using var keys = TestTensor.Of(VectorFile.Keys);
        using var values = TestTensor.Of(VectorFile.Values);
        KvLayerTensors[] layers = [.. Enumerable.Repeat(new KvLayerTensors(keys.View, values.View), Layer + 1)];
        var protection = new KvProtection(Parameter(expected, "n_sink"), Parameter(expected, "n_recent"));

        KvSelection selection = new KvSelector(Policy(name)).Select(
            layers, KvBudget.FromCells(Budget), protection, TestContext.Current.CancellationToken);

        int[][] kept = VectorFile.Indices(expected.GetProperty("kept"));
        Assert.Equal(kept.Length, selection.Heads);
        for (int head = 0; head < kept.Length; head++)
        {
            Assert.Equal(kept[head], selection[Layer, head].ToArray());
        }
    }

    [Theory]
    [InlineData("K")]
    [InlineData("V")]
    public void Measure_ExactLeverage_MatchesVectorAndItsSums(string side)
    {
        JsonElement expected = VectorFile.Case("curdkv_exact_leverage");
        using var tensor = TestTensor.Of(side == "K" ? VectorFile.Keys : VectorFile.Values);
        int tokens = tensor.View.Tokens;
        float[] weights = new float[tensor.View.Heads * tokens];

        new ExactLeverage().Measure(tensor.View, weights);

        ScoreAssert.Equal([.. VectorFile.Matrix(expected.GetProperty($"leverage_{side}")).SelectMany(row => row)], weights);
        double[] sums = [.. expected.GetProperty($"check_sum_leverage_{side}").EnumerateArray().Select(sum => sum.GetDouble())];
        for (int head = 0; head < sums.Length; head++)
        {
            Assert.Equal(sums[head], weights.Skip(head * tokens).Take(tokens).Sum(weight => (double)weight), 1e-5);
        }
    }

    private static int Parameter(JsonElement expected, string name) =>
        expected.GetProperty("params").TryGetProperty(name, out JsonElement value) ? value.GetInt32() : 0;

    private static IKvPolicy Policy(string name) => name switch
    {
        "random" => new RandomTokens(42),
        "streaming_llm" => new StreamingLlm(),
        "knorm" => new KeyNorm(),
        "cur_norms_key" => Norms(CurDkvCombination.Key),
        "cur_norms_value" => Norms(CurDkvCombination.Value),
        "cur_norms_kv_avg" => Norms(CurDkvCombination.Mean),
        "cur_norms_kv_product" => Norms(CurDkvCombination.Product),
        "curdkv_paper" => new CurDkv(Sketch(), null, CurDkvCombination.Product),
        "curdkv_kvpress" or "curdkv_kvpress_protect_recent" => LocalNorms(CurDkvWindow.KvPress),
        "curdkv_authors_fork" => LocalNorms(CurDkvWindow.Authors),
        "curdkv_kvpress_random_leverage" => new CurDkv(Sketch(), CurDkvWindow.KvPress, CurDkvCombination.Product),
        "curdkv_spec_mean_window" => new CurDkv(new CurDkvOptions { Variant = CurDkvVariant.LocalNorms }),
        "curdkv_exact_leverage" => new CurDkv(new CurDkvOptions { Variant = CurDkvVariant.Exact }),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such case."),
    };

    private static CurDkv Norms(CurDkvCombination combination) =>
        new(new CurDkvOptions { Variant = CurDkvVariant.Norms, Combination = combination });

    private static CurDkv LocalNorms(CurDkvWindow window) =>
        new(new CurDkvOptions { Variant = CurDkvVariant.LocalNorms, LocalWindow = window });

    private static SketchLeverage Sketch()
    {
        var projection = new Projection(VectorFile.Sketch.Length, VectorFile.Sketch[0].Length);
        for (int row = 0; row < VectorFile.Sketch.Length; row++)
        {
            VectorFile.Sketch[row].CopyTo(projection.Row(0, row));
        }

        return new SketchLeverage(_ => projection);
    }
}
