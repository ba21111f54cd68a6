using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Selection;
using FsCheck;
using FsCheck.Xunit;

namespace CurKv.KvPolicy.Tests.Selection;

public class KvSelectionPositionsTests
{
    private const int Heads = 2;

    [Fact]
    public void PositionsAfter_FirstCompression_ListsTheSelection()
    {
        KvPositions positions = Selection([0, 3, 5], [1, 2, 4]).PositionsAfter(null, 6)[0];

        Assert.Equal([0, 3, 5], positions.Listed(0).ToArray());
        Assert.Equal([1, 2, 4], positions.Listed(1).ToArray());
        Assert.Equal(6, positions.First);
    }

    [Fact]
    public void PositionsAfter_WhatDoesNotFit_Throws()
    {
        KvSelection selection = Selection([0, 3], [1, 2]);

        Assert.Throws<ArgumentException>(() => selection.PositionsAfter([], 4));
        Assert.Throws<ArgumentException>(() => selection.PositionsAfter([new KvPositions([0], 1, 1)], 4));
        Assert.Throws<ArgumentException>(() => selection.PositionsAfter(null, 3));
        Assert.Throws<ArgumentException>(() => Selection([3, 0], [1, 2]).PositionsAfter(null, 4));
    }

    [Property]
    public void PositionsAfter_RepeatedCompressions_FollowEveryToken(byte first, byte added, int seed)
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

            positions = selection.PositionsAfter(positions, next);
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
