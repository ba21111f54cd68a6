using CurKv.KvPolicy.Budgets;

namespace CurKv.KvPolicy.Tests.Budgets;

public class ShareTests
{
    [Theory]
    [InlineData(0.1 + 0.2, 10, 3)]
    [InlineData(1 - 0.9, 10, 1)]
    [InlineData(0.39, 10, 3)]
    [InlineData(1, 7, 7)]
    [InlineData(0, 7, 0)]
    public void Floor_Share_RoundsDownButForRoundingErrors(double share, int count, int expected) =>
        Assert.Equal(expected, Share.Floor(share, count));

    [Theory]
    [InlineData(0.1 + 0.2, 10, 3)]
    [InlineData(0.31, 10, 4)]
    [InlineData(1, 7, 7)]
    [InlineData(0.01, 7, 1)]
    [InlineData(0, 7, 1)]
    public void Ceiling_Share_RoundsUpButForRoundingErrors(double share, int count, int expected) =>
        Assert.Equal(expected, Share.Ceiling(share, count));
}
