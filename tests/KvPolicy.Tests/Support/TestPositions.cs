using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Tests.Support;

/// <summary>Positions as compressions leave them.</summary>
internal static class TestPositions
{
    /// <summary>Each head keeps tokens of its own.</summary>
    public static KvPositions Random(int heads, int kept, int first, int seed)
    {
        var random = new Random(seed);
        return new KvPositions(
            [.. Enumerable.Range(0, heads).SelectMany(_ => Enumerable.Range(0, first).OrderBy(_ => random.Next()).Take(kept).Order())], heads, first);
    }
}
