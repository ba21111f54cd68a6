using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Kernels;

public class OutputNormsTests
{
    private const int Heads = 2;

    [Theory]
    [InlineData(KvElementType.F32, KvLayout.TokenMajor, 1, 8, 1, 1)]
    [InlineData(KvElementType.F32, KvLayout.ChannelMajor, 70, 7, 3, 20)]
    [InlineData(KvElementType.F16, KvLayout.ChannelMajor, 130, 33, 2, 33)]
    [InlineData(KvElementType.BF16, KvLayout.TokenMajor, 64, 80, 1, 8)]
    [InlineData(KvElementType.Q8_0, KvLayout.TokenMajor, 129, 32, 4, 16)]
    [InlineData(KvElementType.Q4_0, KvLayout.TokenMajor, 9, 64, 2, 24)]
    public void Compute_RandomValues_EqualsScalarTwin(
        KvElementType type, KvLayout layout, int tokens, int headDimension, int group, int embedding)
    {
        using var values = TestTensor.Random(type, layout, tokens, Heads, headDimension, seed: tokens);

        AssertEqualsScalarTwin(values.View, null, group, embedding);
    }

    [Fact]
    public void Compute_RotatedValues_EqualsScalarTwin()
    {
        using var values = TestTensor.Random(KvElementType.Q8_0, KvLayout.TokenMajor, 40, Heads, 64, seed: 1);

        AssertEqualsScalarTwin(values.View, new HadamardRotation(32), group: 2, embedding: 12);
    }

    [Fact]
    public void Compute_NonFiniteValue_IsNotFiniteAlone()
    {
        using var values = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 40, Heads, 64, seed: 1);
        values.Set(1, 9, 3, float.NegativeInfinity);
        float[] norms = new float[Heads * 40];
        OutputNorms.Compute(values.View, null, Weights(Heads * 64, 16), 16, norms);

        Assert.Equal([49], Enumerable.Range(0, norms.Length).Where(i => !float.IsFinite(norms[i])));
    }

    private static float[] Weights(int inputs, int embedding) => [.. Scoring.Rows(1, embedding, inputs, seed: 7)[0].SelectMany(row => row)];

    private static void AssertEqualsScalarTwin(in KvTensor values, HadamardRotation? rotation, int group, int embedding)
    {
        float[] weights = Weights(values.Heads * group * values.HeadDimension, embedding);
        float[] expected = new float[values.Heads * values.Tokens];
        float[] actual = new float[expected.Length];
        ScalarOutputNorms.Compute(values, rotation, weights, embedding, expected);
        OutputNorms.Compute(values, rotation, weights, embedding, actual);

        ScoreAssert.Equal(expected, actual, 1e-5);
    }
}
