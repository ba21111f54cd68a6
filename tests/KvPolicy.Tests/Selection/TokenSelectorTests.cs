using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;

namespace CurKv.KvPolicy.Tests.Selection;

public class TokenSelectorTests
{
    [Fact]
    public void Select_NonFiniteScores_RankAtTheEnds()
    {
        float[] scores = [float.NaN, float.NegativeInfinity, -1, float.PositiveInfinity, float.MinValue, float.NaN];

        Assert.Equal([3], Select(scores, 1));
        Assert.Equal([2, 3], Select(scores, 2));
        Assert.Equal([2, 3, 4], Select(scores, 3));
        Assert.Equal([0, 2, 3, 4], Select(scores, 4));
        Assert.Equal([0, 1, 2, 3, 4], Select(scores, 5));
        Assert.Equal([0, 1, 2, 3, 4, 5], Select(scores, 6));
    }

    [Fact]
    public void Select_NegativeZero_TiesWithZero() => Assert.Equal([0, 1], Select([-0f, 0f, -0f, 0f], 2));

    [Fact]
    public void Select_OnlyPositiveInfinities_TieToTheLowerIndex() =>
        Assert.Equal([1, 2], Select([0, float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity], 2));

    [Fact]
    public void Select_NeighbouringFloats_AreToldApart()
    {
        float next = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(1f) + 1);

        Assert.Equal([2], Select([1, 1, next, 1], 1));
        Assert.Equal([0], Select([-1, -next, -next, -1], 1));
    }

    [Fact]
    public void Select_NonFiniteProtectedToken_IsKept()
    {
        int[] kept = new int[2];
        TokenSegment[] segments = [new(0, 2, false), new(2, 3, true), new(3, 4, false)];
        TokenSelector.Select([1, 2, float.NaN, 3], segments, kept);

        Assert.Equal([2, 3], kept);
    }

    private static int[] Select(float[] scores, int cells)
    {
        int[] kept = new int[cells];
        TokenSelector.Select(scores, [new TokenSegment(0, scores.Length, false)], kept);
        return kept;
    }
}
