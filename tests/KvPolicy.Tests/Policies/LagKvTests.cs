using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Policies;

public class LagKvTests
{
    [Fact]
    public void Constructor_NoLag_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => new LagKv(0));

    [Theory]
    [InlineData(128, false, "lagkv")]
    [InlineData(64, false, "lagkv(lag=64)")]
    [InlineData(128, true, "lagkv(crossed=true)")]
    [InlineData(64, true, "lagkv(lag=64,crossed=true)")]
    public void Name_Parameters_StandWhereTheyAreNotTheDefault(int lag, bool crossed, string expected) =>
        Assert.Equal(expected, new LagKv(lag, crossed).Name);

    [Fact]
    public void Select_RotatedCache_IsRefused()
    {
        using var tensor = TestTensor.Random(KvElementType.Q8_0, KvLayout.TokenMajor, 20, 1, 32, seed: 1);
        KvLayerTensors[] layers = [new(tensor.View, tensor.View) { ValueRotation = new HadamardRotation(32) }];

        Assert.Throws<InvalidOperationException>(() =>
            new KvSelector(new LagKv(4)).Select(layers, KvBudget.FromCells(8), KvProtection.None, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Score_LastPartition_IsAsHighAsCanBe(bool crossed)
    {
        using var tensor = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 27, 2, 32, seed: 1);

        float[] scores = Scoring.Score(new LagKv(4, crossed), tensor.View, tensor.View, sinks: 2);

        // 2 sinks, 6 partitions of 4, one token more.
        Assert.All(scores[..2], score => Assert.Equal(1, score));
        Assert.All(scores[2..22], score => Assert.InRange(score, 0, 0.999f));
        Assert.All(scores[22..27], score => Assert.Equal(1, score));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(24)]
    [InlineData(26)]
    public void Score_NonFiniteRowAnywhere_IsEvicted(int token)
    {
        float[][][] rows = Scoring.Rows(1, 27, 8, seed: 5);
        using var keys = TestTensor.Of(rows);
        rows[0][token][6] = float.PositiveInfinity;
        using var values = TestTensor.Of(rows);

        Assert.Equal([token], NotFinite(Scoring.Score(new LagKv(4), keys.View, values.View, sinks: 2)));
        Assert.Equal([token], NotFinite(Scoring.Score(new LagKv(4, crossed: true), keys.View, values.View, sinks: 2)));
        Assert.Equal([token], NotFinite(Scoring.Score(new LagKv(), values.View, keys.View, sinks: 2)));
    }

    private static IEnumerable<int> NotFinite(float[] scores) =>
        Enumerable.Range(0, scores.Length).Where(token => float.IsNegativeInfinity(scores[token]));
}
