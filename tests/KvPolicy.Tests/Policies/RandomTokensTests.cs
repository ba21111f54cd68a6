using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Policies;

public class RandomTokensTests
{
    [Fact]
    public void Score_OtherSeedHeadOrLayer_Differs()
    {
        using var keys = new TestTensor(KvElementType.F32, KvLayout.TokenMajor, 50, 2, 1);
        float[] scores = Scoring.Score(new RandomTokens(1), keys.View, default);
        float[] otherLayer = new float[100];
        new RandomTokens(1).Score(new KvLayer(1, new KvLayerTensors(keys.View, default), 8, 4), otherLayer);

        Assert.Equal(scores, Scoring.Score(new RandomTokens(1), keys.View, default));
        Assert.NotEqual(scores, Scoring.Score(new RandomTokens(2), keys.View, default));
        Assert.NotEqual(scores, otherLayer);
        Assert.NotEqual(scores[..50], scores[50..]);
    }
}
