using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Kernels;

/// <summary>The plain twin of <see cref="LagDeviations"/>, in double precision. What the tests compare with.</summary>
internal static class ScalarLagDeviations
{
    /// <inheritdoc cref="LagDeviations.Compute"/>
    public static void Compute(in KvTensor tensor, int start, int lag, int partitions, Span<float> deviations)
    {
        for (int head = 0; head < tensor.Heads; head++)
        {
            for (int token = start; token < start + ((partitions - 1) * lag); token++)
            {
                int next = start + ((((token - start) / lag) + 1) * lag);
                deviations[(head * tensor.Tokens) + token] = (float)Deviation(tensor, head, token, next, lag);
            }
        }
    }

    private static double Deviation(KvTensor tensor, int head, int token, int next, int lag)
    {
        double[] row = Row(tensor, head, token);
        double[][] others = [.. Enumerable.Range(next, lag).Select(other => Row(tensor, head, other)).Where(other => Array.TrueForAll(other, double.IsFinite))];
        for (int i = 0; i < row.Length; i++)
        {
            double least = others.Select(other => other[i]).DefaultIfEmpty().Min();
            double most = others.Select(other => other[i]).DefaultIfEmpty().Max();
            row[i] = most > least ? (row[i] - least) / (most - least) : row[i] * 0;
        }

        double mean = row.Average();
        return Math.Sqrt(row.Sum(element => (element - mean) * (element - mean)) / Math.Max(row.Length - 1, 1));
    }

    private static double[] Row(KvTensor tensor, int head, int token) =>
        [.. Enumerable.Range(0, tensor.HeadDimension).Select(i => (double)ScalarElements.Read(tensor, head, token, i))];
}
