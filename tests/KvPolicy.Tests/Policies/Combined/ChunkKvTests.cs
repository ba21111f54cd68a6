using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Combined;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Policies.Combined;

public class ChunkKvTests
{
    [Fact]
    public void Constructor_InvalidArgument_Throws()
    {
        Assert.Throws<ArgumentNullException>(() => new ChunkKv(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ChunkKv(new KeyNorm(), 0));
    }

    [Fact]
    public void Name_Size_StandsWhereItIsNotTheDefault()
    {
        Assert.Equal("chunk(keynorm)", new ChunkKv(new KeyNorm()).Name);
        Assert.Equal("chunk(keynorm,size=16)", new ChunkKv(new KeyNorm(), 16).Name);
    }

    [Fact]
    public void Score_Chunks_RankByTheMeanOfTheSumsOverHeads()
    {
        // Sums 3 3 | 9 1 | 4: means 3, 5 and 4.
        float[] scores = Score([[1, 2, 9, 0, 4], [2, 1, 0, 1, 0]], size: 2);

        Assert.Equal([-4, -5, -1, -2, -3, -4, -5, -1, -2, -3], scores);
    }

    [Fact]
    public void Score_ChunkOfASink_ComesFirst() =>
        Assert.Equal([-1, -2, -4, -3], Score([[1, 0, 8, 9]], size: 2, sinks: 1));

    [Fact]
    public void Score_KeptToken_BringsItsChunkFirst() =>
        Assert.Equal([-3, -4, float.PositiveInfinity, -2], Score([[8, 7, float.PositiveInfinity, 0]], size: 2));

    [Fact]
    public void Score_NonFiniteToken_IsEvictedAloneInAllHeads() =>
        Assert.Equal(
            [-1, float.NaN, -3, -4, -1, float.NaN, -3, -4], Score([[8, 9, 3, 2], [8, float.NaN, 3, 2]], size: 2));

    [Fact]
    public void Score_ChunkLongerThanTheCache_RanksTokensBySum() =>
        Assert.Equal([-2, -1, -3], Score([[2, 3, 1]], size: int.MaxValue));

    private static float[] Score(float[][] inner, int size, int sinks = 0)
    {
        using var keys = new TestTensor(KvElementType.F32, KvLayout.TokenMajor, inner[0].Length, inner.Length, 8);
        return Scoring.Score(new ChunkKv(new GivenScores(inner), size), keys.View, default, sinks: sinks);
    }
}
