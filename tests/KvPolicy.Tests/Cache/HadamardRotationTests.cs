using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Cache;

public class HadamardRotationTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(-8)]
    [InlineData(12)]
    public void Constructor_NoPowerOfTwo_Throws(int size) => Assert.Throws<ArgumentException>(() => new HadamardRotation(size));

    [Fact]
    public void Apply_PartOfARun_Throws() => Assert.Throws<ArgumentException>(() => new HadamardRotation(8).Apply(new float[12]));

    [Fact]
    public void Apply_TwoRuns_RotatesEachByItself()
    {
        float[] row = [1, 1, 1, 1, 2, 0, 0, 0];
        new HadamardRotation(4).Apply(row);

        Assert.Equal([2, 0, 0, 0, 1, 1, 1, 1], row);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(64)]
    public void Apply_Twice_RestoresTheRow(int size)
    {
        float[] row = Scoring.Rows(1, 1, 128, seed: size)[0][0];
        float[] rotated = [.. row];
        var rotation = new HadamardRotation(size);
        rotation.Apply(rotated);
        Assert.NotEqual(row, rotated);
        rotation.Apply(rotated);

        ScoreAssert.Equal(row, rotated, 1e-5, 1e-6);
    }
}
