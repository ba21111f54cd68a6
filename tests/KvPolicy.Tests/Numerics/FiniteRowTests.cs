using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Tests.Numerics;

public class FiniteRowTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(8, 7)]
    [InlineData(21, 20)]
    [InlineData(21, 3)]
    public void Test_OneElementNotFinite_IsFalse(int length, int at)
    {
        float[] row = [.. Enumerable.Repeat(float.MaxValue, length)];
        Assert.True(FiniteRow.Test(row));
        foreach (float poison in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            row[at] = poison;
            Assert.False(FiniteRow.Test(row));
        }
    }
}
