using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Diagnostics;
using CurKv.KvPolicy.Kernels;

namespace CurKv.KvPolicy.Tests.Diagnostics;

/// <summary>What one head loses, in double precision and straight from the definition.</summary>
internal static class ScalarLoss
{
    public static KvHeadLoss Measure(in KvLayerTensors layer, int head, int[] kept)
    {
        KvTensor keys = layer.Keys;
        KvQueries queries = layer.Queries;
        int dimension = layer.Values.HeadDimension;
        double[]?[] values = ScalarLeaveOneOutErrors.Rows(keys, layer.Values, head);
        int group = queries.Heads / keys.Heads;
        (double mass, double moved, double total) = (0, 0, 0);
        for (int queryHead = head * group; queryHead < (head + 1) * group; queryHead++)
        {
            double[][] all = ScalarWindowAttention.Probabilities(
                keys, queries, queries.Window, queryHead, token => values[token] is not null);
            double[][] few = ScalarWindowAttention.Probabilities(
                keys, queries, queries.Window, queryHead, token => values[token] is not null && kept.Contains(token));
            for (int row = 0; row < all.Length; row++)
            {
                double[] output = ScalarLeaveOneOutErrors.Output(all[row], values, dimension);
                double[] changed = ScalarLeaveOneOutErrors.Output(few[row], values, dimension);
                mass += kept.Sum(token => all[row][token]) / (group * queries.Window);
                moved += output.Zip(changed, (a, b) => (a - b) * (a - b)).Sum();
                total += output.Sum(element => element * element);
            }
        }

        return new KvHeadLoss(mass, Math.Sqrt(moved / total));
    }
}
