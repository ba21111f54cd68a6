using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Kernels;

/// <summary>The plain twin of <see cref="MeanCosines"/>, in double precision. What the tests compare with.</summary>
internal static class ScalarMeanCosines
{
    /// <inheritdoc cref="MeanCosines.Compute"/>
    public static void Compute(in KvTensor tensor, Span<float> cosines)
    {
        for (int head = 0; head < tensor.Heads; head++)
        {
            double[][] directions = new double[tensor.Tokens][];
            double[] mean = new double[tensor.HeadDimension];
            for (int token = 0; token < tensor.Tokens; token++)
            {
                directions[token] = Direction(tensor, head, token);
                for (int i = 0; i < mean.Length; i++)
                {
                    mean[i] += double.IsFinite(directions[token].Sum()) ? directions[token][i] : 0;
                }
            }

            double norm = Math.Sqrt(mean.Sum(element => element * element));
            for (int token = 0; token < tensor.Tokens; token++)
            {
                double product = directions[token].Zip(mean, (x, y) => x * y).Sum();
                cosines[(head * tensor.Tokens) + token] = (float)(product == 0 ? 0 : product / norm);
            }
        }
    }

    private static double[] Direction(KvTensor tensor, int head, int token)
    {
        double[] row = [.. Enumerable.Range(0, tensor.HeadDimension).Select(i => (double)ScalarElements.Read(tensor, head, token, i))];
        double norm = Math.Sqrt(row.Sum(element => element * element));
        return norm == 0 ? row : Array.ConvertAll(row, element => element / norm);
    }
}
