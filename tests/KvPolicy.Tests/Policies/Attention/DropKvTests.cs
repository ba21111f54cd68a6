using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Attention;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Policies.Attention;

public class DropKvTests
{
    [Fact]
    public void Constructor_NoWindow_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => new DropKv(0));

    [Theory]
    [InlineData(64, "dropkv")]
    [InlineData(32, "dropkv(window=32)")]
    public void Name_Window_IsToldWhereItDiffers(int window, string name) => Assert.Equal(name, new DropKv(window).Name);

    [Fact]
    public void Inputs_Always_AreCacheAndWindow()
    {
        IKvPolicy policy = new DropKv(20);

        Assert.Equal(KvPolicyInputs.Keys | KvPolicyInputs.Values | KvPolicyInputs.WindowQueries, policy.Inputs);
        Assert.Equal(20, policy.QueryWindow);
    }

    [Fact]
    public void Score_NoQueries_Throws()
    {
        using var keys = new TestTensor(KvElementType.F32, KvLayout.TokenMajor, 4, 1, 8);

        Assert.Throws<InvalidOperationException>(() => Scoring.Score(new DropKv(), keys.View, keys.View));
    }
}
