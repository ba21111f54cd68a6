using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Kernels;

public class GramTests
{
    private const int Heads = 2;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(63, 8)]
    [InlineData(64, 33)]
    [InlineData(65, 24)]
    [InlineData(200, 80)]
    [InlineData(70, 96)]
    [InlineData(129, 128)]
    [InlineData(66, 256)]
    public void Compute_RandomTensor_EqualsScalarTwin(int tokens, int headDimension)
    {
        using var tensor = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, tokens, Heads, headDimension, seed: 9);

        AssertEqualsScalarTwin(tensor.View);
    }

    [Fact]
    public void Compute_NonFiniteRows_AreLeftOut()
    {
        using var tensor = TestTensor.Random(KvElementType.F32, KvLayout.TokenMajor, 70, Heads, 16, seed: 10);
        tensor.Set(0, 3, 3, float.NaN);
        tensor.Set(1, 69, 15, float.NegativeInfinity);

        AssertEqualsScalarTwin(tensor.View);
    }

    private static void AssertEqualsScalarTwin(in KvTensor tensor)
    {
        int size = tensor.HeadDimension;
        using var block = new RowBlock(Heads, size);
        double[] actual = new double[Heads * block.Stride * block.Stride];
        double[] expected = new double[size * size];
        Gram.Compute(tensor, block, actual);
        for (int head = 0; head < Heads; head++)
        {
            ScalarGram.Compute(tensor, head, expected);
            for (int i = 0; i < size; i++)
            {
                for (int j = i; j < size; j++)
                {
                    Assert.Equal(expected[(i * size) + j], actual[(((head * block.Stride) + i) * block.Stride) + j], 1e-3);
                }
            }
        }
    }
}
