using CurKv.KvPolicy.Kernels;

namespace CurKv.KvPolicy.Tests.Kernels;

public unsafe class TileTests
{
    private const int Steps = 21;
    private const int Stride = 24;

    [Theory]
    [InlineData(Stride, 1)]
    [InlineData(1, Stride)]
    public void Multiply_EitherFactorLayout_EqualsPlainSums(int rowStride, int stepStride)
    {
        float[] left = RandomNumbers(1);
        float[] right = RandomNumbers(2);
        float* narrow = stackalloc float[Tile.Size * Tile.Size];
        float* squares = stackalloc float[Tile.Size * Tile.Width];
        double* sums = stackalloc double[Tile.Size * Stride];
        new Span<float>(squares, Tile.Size * Tile.Width).Fill(1);
        new Span<double>(sums, Tile.Size * Stride).Fill(1);
        fixed (float* a = left)
        fixed (float* b = right)
        {
            Tile.Multiply(a, rowStride, stepStride, b, Stride, Steps, narrow);
            Tile.MultiplyWide(a, rowStride, stepStride, b, Stride, Steps, new SquaredRows(squares));
            Tile.MultiplyWide(a, rowStride, stepStride, b, Stride, Steps, new SummedTile(sums, Stride));
        }

        for (int i = 0; i < Tile.Size; i++)
        {
            for (int j = 0; j < Tile.Width; j++)
            {
                double product = Enumerable.Range(0, Steps).Sum(step => (double)left[(i * rowStride) + (step * stepStride)] * right[(step * Stride) + j]);
                Assert.Equal(1 + (product * product), squares[(i * Tile.Width) + j], 1e-5);
                Assert.Equal(1 + product, sums[(i * Stride) + j], 1e-5);
                if (j < Tile.Size)
                {
                    Assert.Equal(product, narrow[(i * Tile.Size) + j], 1e-5);
                }
            }
        }
    }

    private static float[] RandomNumbers(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Stride * Stride).Select(_ => random.NextSingle() - 0.5f)];
    }
}
