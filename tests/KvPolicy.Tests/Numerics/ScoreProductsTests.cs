using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Tests.Numerics;

public class ScoreProductsTests
{
    private static readonly float[] Factors = [0, 0.5f, 3, -2, float.NaN, float.PositiveInfinity, float.NegativeInfinity];

    [Fact]
    public void Multiply_EveryPairOfFactors_EqualsScalarTwin()
    {
        (float First, float Second)[] pairs = [.. Factors.SelectMany(first => Factors.Select(second => (first, second)))];
        float[] products = [.. pairs.Select(pair => pair.First)];
        ScoreProducts.Multiply(products, [.. pairs.Select(pair => pair.Second)]);

        Assert.Equal(pairs.Select(pair => ScalarScoreProducts.Multiply(pair.First, pair.Second)), products);
    }

    [Theory]
    [InlineData(2, 3, 6)]
    [InlineData(float.PositiveInfinity, 0, float.PositiveInfinity)]
    [InlineData(-1, float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(float.PositiveInfinity, float.NaN, float.NegativeInfinity)]
    [InlineData(float.NegativeInfinity, float.PositiveInfinity, float.NegativeInfinity)]
    [InlineData(float.NegativeInfinity, -1, float.NegativeInfinity)]
    [InlineData(float.NaN, 0, float.NegativeInfinity)]
    public void Multiply_OnePair_KeepsTheMeaningOfInfinities(float first, float second, float expected) =>
        Assert.Equal(expected, ScalarScoreProducts.Multiply(first, second));
}
