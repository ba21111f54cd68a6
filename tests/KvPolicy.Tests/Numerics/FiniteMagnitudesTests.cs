using CurKv.KvPolicy.Numerics;
using FsCheck.Xunit;

namespace CurKv.KvPolicy.Tests.Numerics;

public class FiniteMagnitudesTests
{
    [Property]
    public void Mean_AnyScores_EqualsScalarTwin(float[] scores)
    {
        float expected = ScalarFiniteMagnitudes.Mean(scores);

        Assert.Equal(expected, FiniteMagnitudes.Mean(scores), Math.Abs(expected) * 1e-6f);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(21)]
    public void Mean_NonFiniteScores_LeavesThemOut(int tokens)
    {
        float[] scores = [.. Enumerable.Repeat(-3f, tokens), float.NaN, float.PositiveInfinity, float.NegativeInfinity];

        Assert.Equal(3, FiniteMagnitudes.Mean(scores));
    }

    [Fact]
    public void Mean_LargestFloats_DoesNotOverflow() =>
        Assert.Equal(float.MaxValue, FiniteMagnitudes.Mean([.. Enumerable.Repeat(float.MaxValue, 19)]));

    [Fact]
    public void Mean_NoFiniteScore_IsZero() => Assert.Equal(0, FiniteMagnitudes.Mean([float.NaN, float.PositiveInfinity]));
}
