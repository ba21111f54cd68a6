using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Kernels;

public class MeanCosinesTests
{
    private const int Heads = 2;

    public static TheoryData<KvElementType, KvLayout, int, int> Shapes { get; } = TensorShapes.All();

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Compute_AnyShape_EqualsScalarTwin(KvElementType type, KvLayout layout, int tokens, int headDimension)
    {
        using var tensor = TestTensor.Random(type, layout, tokens, Heads, headDimension, seed: 6);
        float[] expected = new float[Heads * tokens];
        float[] actual = new float[expected.Length];
        ScalarMeanCosines.Compute(tensor.View, expected);
        MeanCosines.Compute(tensor.View, actual);

        ScoreAssert.Equal(expected, actual, 1e-4, 1e-5);
    }

    [Fact]
    public void Compute_NonFiniteAndZeroRows_ChangeNoOtherCosine()
    {
        float[][][] rows = Scoring.Rows(1, 20, 16, seed: 9);
        using var clean = TestTensor.Of([[.. rows[0].Where((_, token) => token is not (3 or 7 or 11))]]);
        rows[0][3][4] = float.NaN;
        rows[0][7][15] = float.NegativeInfinity;
        rows[0][11].AsSpan().Clear();
        using var poisoned = TestTensor.Of(rows);
        float[] expected = new float[17];
        float[] actual = new float[20];
        MeanCosines.Compute(clean.View, expected);
        MeanCosines.Compute(poisoned.View, actual);

        Assert.Equal([float.NaN, float.NaN, 0], [actual[3], actual[7], actual[11]]);
        ScoreAssert.Equal(expected, [.. actual.Where((_, token) => token is not (3 or 7 or 11))]);
    }

    [Fact]
    public void Compute_OppositeRows_AreZeroNotNaN()
    {
        using var tensor = TestTensor.Of([[[2, 0], [-3, 0]]]);
        float[] cosines = new float[2];
        MeanCosines.Compute(tensor.View, cosines);

        Assert.Equal([0, 0], cosines);
    }
}
