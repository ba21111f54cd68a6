using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Tests.Cache;

public class KvQueriesTests
{
    [Fact]
    public void Constructor_WrongLength_Throws() => Assert.Throws<ArgumentException>(() => new KvQueries(new float[23], 2, 3, 4));

    [Fact]
    public void Head_Second_IsTheSecondBlock()
    {
        var queries = new KvQueries(Enumerable.Range(0, 24).Select(i => (float)i).ToArray(), heads: 2, window: 3, headDimension: 4);

        Assert.Equal(Enumerable.Range(12, 12).Select(i => (float)i), queries.Head(1).ToArray());
    }
}
