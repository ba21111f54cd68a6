using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Selection;
using FsCheck;
using FsCheck.Xunit;

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

    [Fact]
    public void After_FirstCompression_ListsTheSelection()
    {
        KvPositions positions = KvPositions.After(null, Selection([0, 3, 5], [1, 2, 4]), 6)[0];

        Assert.Equal([0, 3, 5], positions.Listed(0).ToArray());
        Assert.Equal([1, 2, 4], positions.Listed(1).ToArray());
        Assert.Equal(6, positions.First);
    }

    [Fact]
    public void After_WhatDoesNotFit_Throws()
    {
        KvSelection selection = Selection([0, 3], [1, 2]);

        Assert.Throws<ArgumentNullException>(() => KvPositions.After(null, null!, 4));
        Assert.Throws<ArgumentException>(() => KvPositions.After([], selection, 4));
        Assert.Throws<ArgumentException>(() => KvPositions.After([new KvPositions([0], 1, 1)], selection, 4));
        Assert.Throws<ArgumentException>(() => KvPositions.After(null, selection, 3));
        Assert.Throws<ArgumentException>(() => KvPositions.After(null, Selection([3, 0], [1, 2]), 4));
    }

    [Property]
    public void After_RepeatedCompressions_FollowEveryToken(byte first, byte added, int seed)
    {
        const int LayerCount = 3;
        var random = new Random(seed);

        // Every head's tokens, by position, as a plain list would follow them.
        List<int>[] tokens = [.. Enumerable.Range(0, LayerCount * Heads).Select(_ => Enumerable.Range(0, first + 1).ToList())];
        int next = first + 1;
        KvPositions[]? positions = null;
        for (int round = 0; round < 3; round++)
        {
            int cells = random.Next(1, tokens[0].Count + 1);
            var selection = new KvSelection(LayerCount, Heads, cells);
            for (int i = 0; i < tokens.Length; i++)
            {
                int[] kept = [.. Enumerable.Range(0, tokens[i].Count).OrderBy(_ => random.Next()).Take(cells).Order()];
                kept.CopyTo(selection[i / Heads, i % Heads]);
                tokens[i] = [.. kept.Select(cell => tokens[i][cell])];
            }

            positions = KvPositions.After(positions, selection, next);
            foreach (List<int> head in tokens)
            {
                head.AddRange(Enumerable.Range(next, added));
            }

            next += added;
            for (int i = 0; i < tokens.Length; i++)
            {
                int head = i;
                Assert.Equal(tokens[i], Enumerable.Range(0, tokens[i].Count).Select(cell => positions[head / Heads][head % Heads, cell]));
            }
        }
    }

    private static KvSelection Selection(params int[][] kept)
    {
        var selection = new KvSelection(1, kept.Length, kept[0].Length);
        for (int head = 0; head < kept.Length; head++)
        {
            kept[head].CopyTo(selection[0, head]);
        }

        return selection;
    }
}
