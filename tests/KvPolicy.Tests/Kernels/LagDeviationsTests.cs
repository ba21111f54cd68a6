using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Kernels;

public class LagDeviationsTests
{
    private const int Heads = 2;

    [Theory]
    [InlineData(KvElementType.F32, KvLayout.TokenMajor, 0, 1, 5, 8)]
    [InlineData(KvElementType.F32, KvLayout.ChannelMajor, 4, 10, 3, 7)]
    [InlineData(KvElementType.F16, KvLayout.TokenMajor, 4, 64, 3, 33)]
    [InlineData(KvElementType.F16, KvLayout.ChannelMajor, 2, 65, 2, 64)]
    [InlineData(KvElementType.BF16, KvLayout.TokenMajor, 3, 128, 2, 80)]
    [InlineData(KvElementType.Q8_0, KvLayout.TokenMajor, 4, 20, 4, 64)]
    [InlineData(KvElementType.Q4_0, KvLayout.TokenMajor, 4, 20, 4, 64)]
    public void Compute_AnyShape_EqualsScalarTwin(KvElementType type, KvLayout layout, int start, int lag, int partitions, int headDimension)
    {
        using var tensor = TestTensor.Random(type, layout, start + (lag * partitions) + 1, Heads, headDimension, seed: 12);

        AssertEqualsScalarTwin(tensor.View, start, lag, partitions);
    }

    [Fact]
    public void Compute_ConstantChannels_CountAsZero()
    {
        float[][][] rows = Scoring.Rows(1, 12, 16, seed: 2);
        foreach (float[] row in rows[0])
        {
            row[0] = 5;
            row[9] = 0;
        }

        using var tensor = TestTensor.Of(rows);

        float[] deviations = AssertEqualsScalarTwin(tensor.View, 0, 4, 3);
        Assert.All(deviations, deviation => Assert.True(float.IsFinite(deviation)));
    }

    [Fact]
    public void Compute_NonFiniteRow_IsNotFiniteAlone()
    {
        float[][][] rows = Scoring.Rows(1, 12, 16, seed: 2);
        rows[0][1][3] = float.PositiveInfinity;
        rows[0][6][12] = float.NaN;
        using var tensor = TestTensor.Of(rows);
        float[] deviations = new float[12];
        LagDeviations.Compute(tensor.View, 0, 4, 3, deviations);

        Assert.Equal([1, 6], Enumerable.Range(0, 12).Where(token => !float.IsFinite(deviations[token])));
    }

    [Fact]
    public void Compute_NextPartitionNotFinite_GivesFiniteDeviations()
    {
        float[][][] rows = Scoring.Rows(1, 4, 8, seed: 2);
        rows[0][2][0] = rows[0][3][7] = float.NaN;
        using var tensor = TestTensor.Of(rows);
        float[] deviations = new float[4];
        LagDeviations.Compute(tensor.View, 0, 2, 2, deviations);

        Assert.Equal([0, 0], deviations[..2]);
    }

    private static float[] AssertEqualsScalarTwin(in KvTensor tensor, int start, int lag, int partitions)
    {
        float[] expected = new float[tensor.Heads * tensor.Tokens];
        float[] actual = new float[expected.Length];
        ScalarLagDeviations.Compute(tensor, start, lag, partitions, expected);
        LagDeviations.Compute(tensor, start, lag, partitions, actual);

        ScoreAssert.Equal(expected, actual, 1e-4, 1e-6);
        return actual;
    }
}
