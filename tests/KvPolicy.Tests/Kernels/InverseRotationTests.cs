using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;

namespace CurKv.KvPolicy.Tests.Kernels;

public class InverseRotationTests
{
    [Theory]
    [InlineData(2, true)]
    [InlineData(18, true)]
    [InlineData(128, true)]
    [InlineData(2, false)]
    [InlineData(18, false)]
    [InlineData(40, false)]
    [InlineData(128, false)]
    public void Apply_AfterManySteps_EqualsExactRotation(int dimensions, bool interleaved)
    {
        const int First = 1000;
        const int Steps = 20_000;
        var rotation = new InverseRotation(new RotaryEmbedding(10000, dimensions, interleaved));
        rotation.Seek(First);
        for (int i = 0; i < Steps; i++)
        {
            rotation.Next();
        }

        // Where it stands already.
        rotation.Seek(First + Steps);

        AssertTurnsBack(rotation, First + Steps, dimensions, interleaved);
    }

    [Fact]
    public void Seek_Backwards_IsExact()
    {
        var rotation = new InverseRotation(new RotaryEmbedding(10000, 32, Interleaved: true));
        rotation.Seek(50);
        rotation.Next();
        rotation.Seek(3);

        AssertTurnsBack(rotation, 3, 32, interleaved: true);
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(18, true)]
    [InlineData(128, true)]
    [InlineData(2, false)]
    [InlineData(18, false)]
    [InlineData(128, false)]
    public void Jump_AnyPosition_EqualsExactRotation(int dimensions, bool interleaved)
    {
        const int Positions = 100_001;
        var rotation = new InverseRotation(new RotaryEmbedding(10000, dimensions, interleaved), Positions);
        foreach (int position in new[] { 0, 1, 255, 256, 257, 70_000, 31, Positions - 1 })
        {
            rotation.Jump(position);

            AssertTurnsBack(rotation, position, dimensions, interleaved);
        }
    }

    [Fact]
    public void Seek_AfterJumpFromTheSamePosition_GoesBack()
    {
        var rotation = new InverseRotation(new RotaryEmbedding(10000, 32, Interleaved: true), 300);
        rotation.Seek(50);
        rotation.Jump(290);
        rotation.Seek(50);

        AssertTurnsBack(rotation, 50, 32, interleaved: true);
    }

    private static void AssertTurnsBack(InverseRotation rotation, int token, int dimensions, bool interleaved)
    {
        float[] key = [.. Enumerable.Range(1, dimensions).Select(i => (float)i / dimensions)];
        float[] turned = [.. key];
        rotation.Apply(turned);
        for (int pair = 0; pair < dimensions / 2; pair++)
        {
            (int first, int second) = interleaved ? (2 * pair, (2 * pair) + 1) : (pair, pair + (dimensions / 2));
            (double sin, double cos) = Math.SinCos(token * Math.Pow(10000, -2.0 * pair / dimensions));
            Assert.Equal((key[first] * cos) + (key[second] * sin), turned[first], 1e-6);
            Assert.Equal((key[second] * cos) - (key[first] * sin), turned[second], 1e-6);
        }
    }
}
