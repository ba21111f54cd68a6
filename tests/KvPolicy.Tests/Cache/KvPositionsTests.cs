using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Tests.Cache;

public class KvPositionsTests
{
    private const int Heads = 2;

    [Fact]
    public void Constructor_NotOneListPerHead_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new KvPositions([], 0, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new KvPositions([], 1, -1));
        Assert.Throws<ArgumentException>(() => new KvPositions([1, 2, 3], Heads, 5));
    }

    [Theory]
    [InlineData(0, 0, 1, 2)]
    [InlineData(0, 2, 2, 1)]
    [InlineData(-1, 0, 1, 2)]
    [InlineData(0, 1, 2, 5)]
    public void Constructor_NotAscendingBelowTheNext_Throws(int a, int b, int c, int d) =>
        Assert.Throws<ArgumentException>(() => new KvPositions([a, b, c, d], Heads, 5));

    [Fact]
    public void Indexer_ListedAndLaterCells_AreListedAndConsecutive()
    {
        int[] listed = [0, 4, 7, 1, 2, 3];
        var positions = new KvPositions(listed, Heads, 9);
        listed[1] = 5;

        Assert.Equal([0, 4, 7, 9, 10], Enumerable.Range(0, 5).Select(cell => positions[0, cell]));
        Assert.Equal([1, 2, 3, 9, 10], Enumerable.Range(0, 5).Select(cell => positions[1, cell]));
        Assert.Equal([1, 2, 3], positions.Listed(1).ToArray());
        Assert.Equal((Heads, 3, 9), (positions.Heads, positions.Kept, positions.First));
    }

    [Theory]
    [InlineData(-3, 0)]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(4, 1)]
    [InlineData(5, 2)]
    [InlineData(8, 3)]
    [InlineData(9, 3)]
    [InlineData(12, 6)]
    public void CellsBefore_Position_CountsEarlierTokens(int position, int expected) =>
        Assert.Equal(expected, new KvPositions([0, 4, 7], 1, 9).CellsBefore(0, position));
}
