using CurKv.KvPolicy.Numerics;
using CurKv.KvPolicy.Tests.Support;
using FsCheck;
using FsCheck.Xunit;

namespace CurKv.KvPolicy.Tests.Numerics;

public class PoolingTests
{
    [Fact]
    public void Average_Ends_CountZeros()
    {
        float[] row = [3, 6, 9];
        Pooling.Average(row, 3);

        Assert.Equal([3, 6, 5], row);
    }

    [Fact]
    public void Max_NaN_StaysAndDoesNotSpread()
    {
        float[] row = [1, float.NaN, 2, 0, 0];
        Pooling.Max(row, 3);

        Assert.Equal([1, float.NaN, 2, 2, 0], row);
    }

    [Property]
    public void Pool_AnyRow_EqualsScalarTwin(byte length, byte width, int seed)
    {
        int kernel = (width % 40 * 2) + 1;
        var random = new Random(seed);
        float[] row = [.. Enumerable.Range(0, length).Select(_ => random.Next(10) == 0 ? float.NaN : random.NextSingle())];
        float[][] expected = [[.. row], [.. row]];
        float[][] actual = [[.. row], [.. row]];
        ScalarPooling.Average(expected[0], kernel);
        ScalarPooling.Max(expected[1], kernel);
        Pooling.Average(actual[0], kernel);
        Pooling.Max(actual[1], kernel);

        ScoreAssert.Equal(expected[0], actual[0], 1e-5);
        Assert.Equal(expected[1], actual[1]);
    }
}
