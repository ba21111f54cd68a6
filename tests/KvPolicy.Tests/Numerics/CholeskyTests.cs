using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Tests.Numerics;

public class CholeskyTests
{
    private const int Size = 5;
    private const int Stride = 8;

    [Fact]
    public void TryFactor_PositiveDefinite_MultipliesBack()
    {
        double[] matrix = RandomGram();
        double[] factor = new double[Stride * Stride];

        Assert.True(Cholesky.TryFactor(matrix, Size, Stride, ridge: 0.25, factor));
        for (int i = 0; i < Size; i++)
        {
            for (int j = i; j < Size; j++)
            {
                double product = Enumerable.Range(0, i + 1).Sum(k => factor[(i * Stride) + k] * factor[(j * Stride) + k]);
                Assert.Equal(matrix[(i * Stride) + j] + (i == j ? 0.25 : 0), product, 1e-12);
            }
        }
    }

    [Fact]
    public void TryFactor_Indefinite_Fails()
    {
        double[] matrix = new double[Stride * Stride];
        matrix[0] = 1;
        matrix[1] = 2;
        matrix[Stride + 1] = 1;

        Assert.False(Cholesky.TryFactor(matrix, 2, Stride, ridge: 0, new double[Stride * Stride]));
    }

    [Fact]
    public void InvertColumn_EveryColumn_InvertsTheFactor()
    {
        double[] factor = new double[Stride * Stride];
        Assert.True(Cholesky.TryFactor(RandomGram(), Size, Stride, ridge: 0.1, factor));
        for (int column = 0; column < Size; column++)
        {
            double[] inverse = new double[Size];
            Cholesky.InvertColumn(factor, Stride, column, inverse.AsSpan(column));
            for (int i = column; i < Size; i++)
            {
                double product = Enumerable.Range(0, i + 1).Sum(k => factor[(i * Stride) + k] * inverse[k]);
                Assert.Equal(i == column ? 1 : 0, product, 1e-12);
            }
        }
    }

    private static double[] RandomGram()
    {
        var random = new Random(11);
        double[][] rows = [.. Enumerable.Range(0, 9)
            .Select(_ => Enumerable.Range(0, Size).Select(_ => random.NextDouble() - 0.5).ToArray())];
        double[] matrix = new double[Stride * Stride];
        for (int i = 0; i < Size; i++)
        {
            for (int j = i; j < Size; j++)
            {
                matrix[(i * Stride) + j] = rows.Sum(row => row[i] * row[j]);
            }
        }

        return matrix;
    }
}
