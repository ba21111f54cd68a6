namespace CurKv.KvPolicy.Tests.Selection;

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

    private static IEnumerable<int> Protected(KvProtection protection, int tokens, int cells) =>
        TokenSegment.Cut(protection, tokens, cells)
            .Where(segment => segment.Protected)
            .SelectMany(segment => Enumerable.Range(segment.Start, segment.Length));
}
