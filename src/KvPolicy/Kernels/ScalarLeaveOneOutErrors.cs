using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Kernels;

/// <summary>The plain twin of <see cref="LeaveOneOutErrors"/>, in double precision. What the tests compare with.</summary>
internal static class ScalarLeaveOneOutErrors
{
    /// <inheritdoc cref="LeaveOneOutErrors.Compute"/>
    public static void Compute(in KvTensor keys, in KvTensor values, in KvQueries queries, int rows, Span<float> errors)
    {
        int group = queries.Heads / keys.Heads;
        for (int head = 0; head < keys.Heads; head++)
        {
            double[]?[] kept = Rows(keys, values, head);
            double[] totals = new double[keys.Tokens];
            for (int queryHead = head * group; queryHead < (head + 1) * group; queryHead++)
            {
                double[][] window = ScalarWindowAttention.Probabilities(
                    keys, queries, rows, queryHead, token => kept[token] is not null);
                foreach (double[] probabilities in window)
                {
                    Add(probabilities, kept, totals);
                }
            }

            for (int token = 0; token < keys.Tokens; token++)
            {
                errors[(head * keys.Tokens) + token] = kept[token] is null ? float.NaN : (float)totals[token];
            }
        }
    }

    /// <summary>A head's values; null where the key or the value is not finite.</summary>
    public static double[]?[] Rows(in KvTensor keys, in KvTensor values, int head)
    {
        double[]?[] rows = new double[values.Tokens][];
        for (int token = 0; token < values.Tokens; token++)
        {
            if (float.IsFinite(ScalarSquaredNorms.Row(keys, head, token) + ScalarSquaredNorms.Row(values, head, token)))
            {
                double[] row = new double[values.HeadDimension];
                for (int channel = 0; channel < row.Length; channel++)
                {
                    row[channel] = ScalarElements.Read(values, head, token, channel);
                }

                rows[token] = row;
            }
        }

        return rows;
    }

    /// <summary>The output <c>Σ p·v</c>.</summary>
    public static double[] Output(double[] probabilities, double[]?[] values, int dimension) =>
        [.. Enumerable.Range(0, dimension).Select(channel =>
            probabilities.Zip(values, (probability, value) => probability == 0 ? 0 : probability * value![channel]).Sum())];

    private static void Add(double[] probabilities, double[]?[] values, double[] totals)
    {
        int dimension = Array.Find(values, value => value is not null)?.Length ?? 0;
        double[] output = Output(probabilities, values, dimension);
        for (int token = 0; token < totals.Length; token++)
        {
            if (values[token] is { } value)
            {
                double others = probabilities.Where((_, other) => other != token).Sum();
                double odds = probabilities[token] / Math.Max(others, LeaveOneOutErrors.MinRest);
                totals[token] += odds * odds * value.Zip(output, (a, b) => (a - b) * (a - b)).Sum();
            }
        }
    }
}
