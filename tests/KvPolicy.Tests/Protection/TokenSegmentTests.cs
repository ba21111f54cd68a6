using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Protection;

namespace CurKv.KvPolicy.Tests.Protection;

public class TokenSegmentTests
{
    [Fact]
    public void Cut_SinksRangesAndRecent_AreProtectedInOrder()
    {
        var protection = new KvProtection(Sinks: 2, Recent: 3) { Ranges = [new TokenRange(4, 6), new TokenRange(8, 10)] };

        Assert.Equal([0, 1, 4, 5, 8, 9, 17, 18, 19], Protected(protection, tokens: 20, cells: 12));
        Assert.Equal([0, 1, 4, 5, 8, 9, 19], Protected(protection, tokens: 20, cells: 7));
        Assert.Equal([0, 1, 4, 5, 8], Protected(protection, tokens: 20, cells: 5));
        Assert.Equal([0], Protected(protection, tokens: 20, cells: 1));
    }

    [Fact]
    public void Cut_OverlappingAndOutsideRanges_CountTokensOnce()
    {
        var protection = new KvProtection(Sinks: 4, Recent: 4) { Ranges = [new TokenRange(2, 6), new TokenRange(8, 40)] };

        Assert.Equal([0, 1, 2, 3, 4, 5, 7, 8, 9], Protected(protection, tokens: 10, cells: 9));
    }

    [Fact]
    public void Cut_MoreThanTheCache_ProtectsAll() =>
        Assert.Equal(Enumerable.Range(0, 5), Protected(new KvProtection(Sinks: 9, Recent: 9), tokens: 5, cells: 5));

    [Fact]
    public void Cut_AnyProtection_CoversEveryTokenOnce()
    {
        TokenSegment[] segments = TokenSegment.Cut(new KvProtection(3, 2) { Ranges = [new TokenRange(5, 6)] }, 12, 12);

        Assert.Equal(Enumerable.Range(0, 12), segments.SelectMany(segment => Enumerable.Range(segment.Start, segment.Length)));
    }

    [Fact]
    public void Cut_CompressedCache_ProtectsWhatEachHeadStillHasOfARange()
    {
        // Cells 0 to 5 hold these positions; 6 to 9 hold 20 to 23.
        var positions = new KvPositions([0, 3, 5, 8, 9, 15, 1, 2, 9, 10, 11, 12], heads: 2, first: 20);
        var protection = new KvProtection(Sinks: 1, Recent: 1) { Ranges = [new TokenRange(4, 9), new TokenRange(15, 22)] };

        Assert.Equal([0, 2, 3, 5, 6, 7, 9], Protected(protection, tokens: 10, cells: 10, positions, head: 0));
        Assert.Equal([0, 6, 7, 9], Protected(protection, tokens: 10, cells: 10, positions, head: 1));
        Assert.Equal([0, 2, 3, 5], Protected(protection, tokens: 10, cells: 4, positions, head: 0));
    }

    [Fact]
    public void Cut_PositionsThatAreIndices_EqualsNone()
    {
        var positions = new KvPositions([0, 1, 2, 3, 4], heads: 1, first: 5);
        var protection = new KvProtection(Sinks: 2, Recent: 2) { Ranges = [new TokenRange(-4, 4), new TokenRange(6, 7), new TokenRange(8, 40)] };

        Assert.Equal(Protected(protection, tokens: 12, cells: 12), Protected(protection, tokens: 12, cells: 12, positions));
    }

    private static IEnumerable<int> Protected(KvProtection protection, int tokens, int cells, KvPositions? positions = null, int head = 0) =>
        TokenSegment.Cut(protection, tokens, cells, positions, head)
            .Where(segment => segment.Protected)
            .SelectMany(segment => Enumerable.Range(segment.Start, segment.Length));
}
