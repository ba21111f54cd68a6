using CurKv.KvPolicy.Numerics;
using FsCheck;
using FsCheck.Xunit;

namespace CurKv.KvPolicy.Tests.Numerics;

public class RankOrderTests
{
    [Property(MaxTest = 500)]
    public void Compute_AnyScores_EqualsSortingTwin(float[] scores) => AssertEqualsTwin(scores);

    [Property]
    public void Compute_ManyTies_EqualsSortingTwin(NonEmptyArray<byte> levels)
    {
        float[] values = [0, -0f, 1, float.NaN, float.PositiveInfinity, float.NegativeInfinity, -2, float.MinValue, float.MaxValue, float.Epsilon];

        AssertEqualsTwin([.. levels.Get.Select(level => values[level % values.Length])]);
    }

    [Fact]
    public void Compute_LongCache_EqualsSortingTwin()
    {
        var random = new Random(3);

        AssertEqualsTwin([.. Enumerable.Range(0, 40_000).Select(_ => (random.NextSingle() - 0.5f) * MathF.Pow(10, random.Next(-30, 30)))]);
    }

    private static void AssertEqualsTwin(float[] scores)
    {
        int[] expected = new int[scores.Length];
        int[] actual = new int[scores.Length];
        SortingRankOrder.Compute(scores, expected);
        RankOrder.Compute(scores, actual);

        Assert.Equal(expected, actual);
    }
}
