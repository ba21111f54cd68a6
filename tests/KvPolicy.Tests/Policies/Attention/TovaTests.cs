using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Attention;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Policies.Attention;

public class TovaTests
{
    [Fact]
    public void Name_Always_IsTova() => Assert.Equal("tova", new Tova().Name);

    [Fact]
    public void Inputs_Always_AreKeysAndOneQuery()
    {
        IKvPolicy policy = new Tova();

        Assert.Equal(KvPolicyInputs.Keys | KvPolicyInputs.WindowQueries, policy.Inputs);
        Assert.Equal(1, policy.QueryWindow);
    }

    [Fact]
    public void Score_NoQueries_Throws()
    {
        using var keys = new TestTensor(KvElementType.F32, KvLayout.TokenMajor, 4, 1, 8);

        Assert.Throws<InvalidOperationException>(() => Scoring.Score(new Tova(), keys.View, default));
    }

    [Fact]
    public void Score_NonFiniteKey_IsEvictedByItsHeadAlone()
    {
        using var keys = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 100, 2, 16, seed: 1);
        keys.Set(1, 40, 3, float.NaN);
        float[] scores = new float[200];
        new Tova().Score(new KvLayer(0, new KvLayerTensors(keys.View, default, TestQueries.Random(4, 8, 16, seed: 2)), 20, 0), scores);

        Assert.Equal([140], Enumerable.Range(0, 200).Where(i => float.IsNaN(scores[i])));
        Assert.Equal(scores[..100].Where((_, i) => i != 40), scores[100..].Where((_, i) => i != 40));
    }
}
