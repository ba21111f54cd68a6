using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Attention;
using CurKv.KvPolicy.Policies.Combined;
using CurKv.KvPolicy.Policies.Leverage;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Policies.Combined;

public class PooledPolicyTests
{
    [Fact]
    public void Score_Tokens_TakeTheMeanOfTheirNeighbourhood() =>
        Assert.Equal([1, 2, 3, 6, 5, 4], Score(3, 1, 2, 3, 4, 11, 0, 1)[..6].Select(score => (float)Math.Round(score)));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(9)]
    [InlineData(31)]
    public void Score_AnySize_IsThePlainMean(int size)
    {
        float[] inner = [.. Enumerable.Range(0, 20).Select(token => (float)((token * 37) % 11))];

        float[] scores = Score(size, inner);

        for (int token = 0; token < inner.Length; token++)
        {
            double sum = inner.Where((_, other) => Math.Abs(other - token) <= size / 2).Sum();
            Assert.Equal(sum / size, scores[token], 1e-5);
        }
    }

    [Fact]
    public void Score_NotFinite_StaysItselfAndLeavesTheOthers()
    {
        float[] scores = Score(3, 3, float.PositiveInfinity, 6, float.NaN, 9, float.NegativeInfinity, 3);

        Assert.Equal([1, float.PositiveInfinity, 2], scores[..3]);
        Assert.True(float.IsNaN(scores[3]) && !(scores[5] > float.NegativeInfinity), $"{scores[3]}, {scores[5]}");
        Assert.Equal((3, 1), (scores[4], scores[6]));
    }

    [Fact]
    public void Select_TwoHeads_DoNotReachEachOther()
    {
        using var keys = new TestTensor(KvElementType.F32, KvLayout.TokenMajor, 4, 2, 8);
        var policy = new PooledPolicy(new FakePolicy((_, head, token) => head == 0 && token == 3 ? 9 : 0), size: 3);

        float[] scores = Scoring.Score(policy, keys.View, default);

        Assert.Equal([0, 0, 3, 3, 0, 0, 0, 0], scores);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(-3)]
    [InlineData(1025)]
    public void Constructor_BadSize_Throws(int size) => Assert.Throws<ArgumentOutOfRangeException>(nameof(size), () => new PooledPolicy(new CurDkv(), size));

    [Fact]
    public void Name_IsConfigurationText()
    {
        Assert.Equal("curdkv*pool(curdkv-norms)", new PolicyProduct(new CurDkv(), new PooledPolicy(new CurDkv(new() { Variant = CurDkvVariant.Norms }))).Name);
        Assert.Equal("pool(tova,size=5)", new PooledPolicy(new Tova(), 5).Name);
        Assert.Equal((1, KvPolicyInputs.Keys | KvPolicyInputs.WindowQueries), (new PooledPolicy(new Tova()).QueryWindow, new PooledPolicy(new Tova()).Inputs));
    }

    private static float[] Score(int size, params float[] inner)
    {
        using var keys = new TestTensor(KvElementType.F32, KvLayout.TokenMajor, inner.Length, 1, 8);
        return Scoring.Score(new PooledPolicy(new FakePolicy((_, _, token) => inner[token]), size), keys.View, default);
    }
}
