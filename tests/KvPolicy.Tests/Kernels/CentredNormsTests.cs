using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Kernels;

public class CentredNormsTests
{
    private const int Heads = 2;

    [Theory]
    [InlineData(1, 2, 0, 2, true)]
    [InlineData(63, 16, 4, 16, true)]
    [InlineData(65, 64, 4, 64, true)]
    [InlineData(130, 80, 4, 64, true)]
    [InlineData(64, 18, 0, 18, false)]
    [InlineData(65, 64, 4, 64, false)]
    [InlineData(200, 96, 100, 96, false)]
    [InlineData(129, 256, 4, 128, true)]
    [InlineData(130, 80, 4, 32, false)]
    public void Compute_KnownRotation_EqualsScalarTwin(int tokens, int headDimension, int skip, int dimensions, bool interleaved)
    {
        using var tensor = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, tokens, Heads, headDimension, seed: 4);

        AssertEqualsScalarTwin(tensor.View, new RotaryEmbedding(10000, dimensions, interleaved), skip);
    }

    [Theory]
    [InlineData(KvElementType.F32)]
    [InlineData(KvElementType.BF16)]
    [InlineData(KvElementType.Q8_0)]
    [InlineData(KvElementType.Q4_0)]
    public void Compute_UnknownRotation_EqualsScalarTwin(KvElementType type)
    {
        using var tensor = TestTensor.Random(type, KvLayout.TokenMajor, 100, Heads, 64, seed: 5);

        AssertEqualsScalarTwin(tensor.View, null, 4);
    }

    [Theory]
    [InlineData(64, 64, true)]
    [InlineData(80, 16, false)]
    [InlineData(24, 4, true)]
    public void Compute_KeysRotatedTwice_EqualsScalarTwin(int headDimension, int run, bool interleaved)
    {
        using var tensor = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 70, Heads, headDimension, seed: 4);

        AssertEqualsScalarTwin(tensor.View, new RotaryEmbedding(10000, headDimension, interleaved), 4, new HadamardRotation(run));
    }

    [Fact]
    public void Compute_OneKeyAtEveryPosition_IsZeroOnceTheRotationIsUndone()
    {
        const int Dimension = 8;
        var rotary = new RotaryEmbedding(10000, Dimension, Interleaved: true);
        using var tensor = new TestTensor(KvElementType.F32, KvLayout.TokenMajor, 50, 1, Dimension);
        for (int token = 0; token < 50; token++)
        {
            for (int pair = 0; pair < Dimension / 2; pair++)
            {
                double angle = token * Math.Pow(10000, -2.0 * pair / Dimension);
                tensor.Set(0, token, 2 * pair, (float)Math.Cos(angle));
                tensor.Set(0, token, (2 * pair) + 1, (float)Math.Sin(angle));
            }
        }

        float[] undone = new float[50];
        float[] cached = new float[50];
        CentredNorms.Compute(tensor.View, null, rotary, 0, undone);
        CentredNorms.Compute(tensor.View, null, null, 0, cached);

        Assert.All(undone, square => Assert.InRange(square, 0, 1e-10f));
        Assert.Contains(cached, square => square > 0.1f);
    }

    [Fact]
    public void Compute_NonFiniteRow_IsNotFiniteAlone()
    {
        using var tensor = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 20, Heads, 32, seed: 8);
        tensor.Set(1, 5, 9, float.PositiveInfinity);
        tensor.Set(0, 7, 9, float.NaN);
        float[] squares = new float[Heads * 20];
        CentredNorms.Compute(tensor.View, null, new RotaryEmbedding(10000, 32, true), 4, squares);

        float[] expected = new float[squares.Length];
        ScalarCentredNorms.Compute(tensor.View, null, new RotaryEmbedding(10000, 32, true), 4, expected);
        (expected[7], expected[25]) = (squares[7], squares[25]);
        ScoreAssert.Equal(expected, squares, 1e-4, 1e-6);
        Assert.Equal([7, 25], Enumerable.Range(0, squares.Length).Where(i => !float.IsFinite(squares[i])));
    }

    private static void AssertEqualsScalarTwin(in KvTensor tensor, RotaryEmbedding? rotary, int skip, HadamardRotation? hadamard = null)
    {
        float[] expected = new float[tensor.Heads * tensor.Tokens];
        float[] actual = new float[expected.Length];
        ScalarCentredNorms.Compute(tensor, hadamard, rotary, skip, expected);
        CentredNorms.Compute(tensor, hadamard, rotary, skip, actual);

        ScoreAssert.Equal(expected, actual, 1e-4, 1e-6);
    }
}
