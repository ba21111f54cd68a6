using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Policies;

public class ValueNormTests
{
    [Fact]
    public void Score_Values_AreTheirNorms()
    {
        using var values = TestTensor.Of([[[3, 4], [0, 0], [float.NaN, 1], [1, float.NegativeInfinity], [0, 2]]]);

        float[] scores = Scoring.Score(new ValueNorm(), values.View, values.View);

        Assert.Equal([5, 0, float.NaN, float.NegativeInfinity, 2], scores);
    }

    [Fact]
    public void Score_InfinityWithoutNaN_IsEvicted()
    {
        using var values = TestTensor.Of([[[3, 4], [0, float.PositiveInfinity]]]);

        Assert.Equal([5, float.NegativeInfinity], Scoring.Score(new ValueNorm(), values.View, values.View));
    }

    [Fact]
    public void Name_AndInputs_AreTheValues()
    {
        Assert.Equal("value", new ValueNorm().Name);
        Assert.Equal(KvPolicyInputs.ValueNorms, new ValueNorm().Inputs);
    }
}
