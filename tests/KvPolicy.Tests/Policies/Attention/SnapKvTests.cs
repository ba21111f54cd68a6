using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Attention;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Policies.Attention;

public class SnapKvTests
{
    [Theory]
    [InlineData(0, 5)]
    [InlineData(64, 0)]
    [InlineData(64, 4)]
    [InlineData(64, -3)]
    public void Constructor_SettingOutOfRange_Throws(int window, int pool) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new SnapKv(window, pool));

    [Fact]
    public void Constructor_UnknownPooling_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new SnapKv(pooling: (SnapKvPooling)2));

    [Theory]
    [InlineData(64, 5, SnapKvPooling.Average, "snapkv")]
    [InlineData(32, 21, SnapKvPooling.Average, "snapkv(window=32,pool=21)")]
    [InlineData(64, 13, SnapKvPooling.Max, "snapkv(pool=13,pooling=max)")]
    [InlineData(8, 5, SnapKvPooling.Max, "snapkv(window=8,pooling=max)")]
    public void Name_Settings_AreThoseThatDiffer(int window, int pool, SnapKvPooling pooling, string name) =>
        Assert.Equal(name, new SnapKv(window, pool, pooling).Name);

    [Fact]
    public void Inputs_Always_AreKeysAndTheWindow()
    {
        IKvPolicy policy = new SnapKv(window: 20);

        Assert.Equal(KvPolicyInputs.Keys | KvPolicyInputs.WindowQueries, policy.Inputs);
        Assert.Equal(20, policy.QueryWindow);
    }

    [Fact]
    public void Score_NoQueries_Throws()
    {
        using var keys = new TestTensor(KvElementType.F32, KvLayout.TokenMajor, 4, 1, 8);

        Assert.Throws<InvalidOperationException>(() => Scoring.Score(new SnapKv(), keys.View, default));
    }

    [Theory]
    [InlineData(SnapKvPooling.Average)]
    [InlineData(SnapKvPooling.Max)]
    public void Score_NonFiniteKeys_AreEvictedFirstAndDoNotSpread(SnapKvPooling pooling)
    {
        using var keys = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 100, 2, 16, seed: 1);
        keys.Set(1, 40, 3, float.NaN);
        keys.Set(1, 98, 3, float.PositiveInfinity);
        float[] scores = new float[200];
        new SnapKv(window: 4, pooling: pooling).Score(
            new KvLayer(0, new KvLayerTensors(keys.View, default, TestQueries.Random(4, 8, 16, seed: 2)), 20, 0), scores);

        Assert.Equal([140, 198], Enumerable.Range(0, 200).Where(i => float.IsNaN(scores[i])));
        Assert.Equal([96, 97, 98, 99, 196, 197, 199], Enumerable.Range(0, 200).Where(i => float.IsPositiveInfinity(scores[i])));
    }
}
