using System.Text.Json;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Diagnostics;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Attention;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Vectors;

/// <summary>The policies that look at queries, and what an eviction loses, against the reference vectors.</summary>
public sealed class AttentionVectorTests : IDisposable
{
    private const int Window = 4;
    private const int Budget = 8;

    private readonly TestTensor _keys = TestTensor.Of(VectorFile.Keys);
    private readonly TestTensor _values = TestTensor.Of(VectorFile.Values);

    public static TheoryData<string> Cases { get; } = ["snapkv_avgpool", "snapkv_maxpool", "dropkv_window", "tova", "criticalkv_on_snapkv"];

    public void Dispose()
    {
        _keys.Dispose();
        _values.Dispose();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Score_ReferenceCase_MatchesVector(string name)
    {
        JsonElement expected = VectorFile.Case(name);
        float[] scores = new float[_keys.View.Heads * _keys.View.Tokens];

        // More queries than the policy wants: another one may have asked for them.
        Policy(name).Score(new KvLayer(0, Layer(Window + 3), Budget, 0), scores);

        ScoreAssert.Equal([.. VectorFile.Matrix(expected.GetProperty("scores")).SelectMany(row => row)], scores);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Select_ReferenceCase_KeepsVectorTokens(string name)
    {
        KvSelection selection = new KvSelector(Policy(name)).Select(
            [Layer(Window)], KvBudget.FromCells(Budget), KvProtection.None, TestContext.Current.CancellationToken);

        int[][] kept = VectorFile.Indices(VectorFile.Case(name).GetProperty("kept"));
        Assert.Equal(kept, Enumerable.Range(0, selection.Heads).Select(head => selection[0, head].ToArray()));
    }

    [Fact]
    public void Score_PromptWithinTheWindow_IsProtectedWhole()
    {
        JsonElement expected = VectorFile.Case("edge_n_le_window_snapkv");
        int tokens = expected.GetProperty("n").GetInt32();
        using var keys = TestTensor.Of([.. VectorFile.Keys.Select(head => head[..tokens])]);
        KvQueries queries = TestQueries.Of([.. VectorFile.Queries.Select(head => head[..tokens])], tokens);
        float[] scores = new float[keys.View.Heads * tokens];

        new SnapKv(expected.GetProperty("w").GetInt32()).Score(
            new KvLayer(0, new KvLayerTensors(keys.View, default, queries), tokens, 0), scores);

        Assert.Equal(VectorFile.Matrix(expected.GetProperty("scores")).SelectMany(row => row), scores);
    }

    [Fact]
    public void Measure_ReferenceSelection_MatchesVector()
    {
        JsonElement expected = VectorFile.Case("curdkv_kvpress_protect_recent");
        int[][] kept = VectorFile.Indices(expected.GetProperty("kept"));
        var selection = new KvSelection(1, kept.Length, Budget);
        for (int head = 0; head < kept.Length; head++)
        {
            kept[head].CopyTo(selection[0, head]);
        }

        KvEvictionLoss loss = KvDiagnostics.Measure([Layer(Window)], selection, TestContext.Current.CancellationToken);

        Assert.Equal(expected.GetProperty("attn_out_rel_err").GetDouble(), loss.LayerOutputError(0), 1e-5);
    }

    private static IKvPolicy Policy(string name) => name switch
    {
        "snapkv_avgpool" => new SnapKv(Window),
        "snapkv_maxpool" => new SnapKv(Window, pooling: SnapKvPooling.Max),
        "dropkv_window" => new DropKv(Window),
        "tova" => new Tova(),
        "criticalkv_on_snapkv" => new CriticalKv(new SnapKv(Window)),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such case."),
    };

    // [query heads][head dimension][embedding] there, [embedding][query heads · head dimension] in a model.
    private static TestOutputWeights OutputWeights()
    {
        float[][] columns = [.. VectorFile.OutputWeights.SelectMany(head => head)];
        return new([.. Enumerable.Range(0, columns[0].Length).SelectMany(row => columns.Select(column => column[row]))], columns[0].Length);
    }

    private KvLayerTensors Layer(int window) =>
        new(_keys.View, _values.View, TestQueries.Of(VectorFile.Queries, window)) { OutputWeights = OutputWeights() };
}
