using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Kernels;

public class ProjectedNormsTests
{
    private const int Heads = 2;

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(9, 8, 20)]
    [InlineData(64, 31, 8)]
    [InlineData(65, 33, 7)]
    [InlineData(130, 80, 20)]
    [InlineData(65, 96, 16)]
    [InlineData(63, 128, 33)]
    [InlineData(66, 256, 48)]
    public void Compute_SharedProjection_EqualsScalarTwin(int tokens, int headDimension, int columns)
    {
        using var tensor = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, tokens, Heads, headDimension, seed: 4);

        AssertEqualsScalarTwin(tensor.View, Projection.Gaussian(headDimension, columns, seed: 5));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(33)]
    [InlineData(40)]
    [InlineData(128)]
    public void Compute_UpperTrianglesPerHead_EqualsScalarTwin(int headDimension)
    {
        using var tensor = TestTensor.Random(KvElementType.BF16, KvLayout.TokenMajor, 70, Heads, headDimension, seed: 6);
        var random = new Random(7);
        var projection = new Projection(headDimension, headDimension, Heads, upperTriangular: true);
        for (int head = 0; head < Heads; head++)
        {
            for (int row = 0; row < headDimension; row++)
            {
                foreach (ref float value in projection.Row(head, row)[row..])
                {
                    value = random.NextSingle() - 0.5f;
                }
            }
        }

        AssertEqualsScalarTwin(tensor.View, projection);
    }

    [Fact]
    public void Compute_NonFiniteRow_IsNotFiniteAlone()
    {
        using var tensor = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 20, Heads, 32, seed: 8);
        tensor.Set(1, 5, 9, float.PositiveInfinity);
        using var block = new RowBlock(Heads, 32);
        float[] squares = new float[Heads * 20];
        ProjectedNorms.Compute(tensor.View, Projection.Gaussian(32, 20, 0), block, squares);

        Assert.Equal([25], Enumerable.Range(0, squares.Length).Where(i => !float.IsFinite(squares[i])));
    }

    private static void AssertEqualsScalarTwin(in KvTensor tensor, Projection projection)
    {
        float[] expected = new float[tensor.Heads * tensor.Tokens];
        float[] actual = new float[expected.Length];
        using var block = new RowBlock(tensor.Heads, tensor.HeadDimension);
        ScalarProjectedNorms.Compute(tensor, projection, expected);
        ProjectedNorms.Compute(tensor, projection, block, actual);

        ScoreAssert.Equal(expected, actual, 1e-4, 1e-6);
    }
}
