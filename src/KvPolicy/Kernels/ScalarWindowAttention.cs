using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Kernels;

/// <summary>The plain twin of <see cref="WindowAttention"/>, in double precision. What the tests compare with.</summary>
internal static class ScalarWindowAttention
{
    /// <inheritdoc cref="WindowAttention.Sum"/>
    public static void Sum(in KvTensor keys, in KvQueries queries, int rows, Span<float> sums) =>
        Compute(keys, queries, rows, _ => true, new TokenRange(0, keys.Tokens), Enumerable.Sum, sums);

    /// <inheritdoc cref="WindowAttention.Max"/>
    public static void Max(in KvTensor keys, in KvQueries queries, TokenRange[] seen, TokenRange chunk, Span<float> maxima) =>
        Compute(keys, queries, queries.Window, token => seen.Any(range => range.Start <= token && token < range.End), chunk, Enumerable.Max, maxima);

    /// <summary>One query head's probabilities.</summary>
    /// <param name="keys">The cached keys.</param>
    /// <param name="queries">The queries: the last tokens', which see no later ones.</param>
    /// <param name="rows">How many of the last queries are used.</param>
    /// <param name="queryHead">The query head.</param>
    /// <param name="seen">Which tokens there are to attend to, besides finite keys.</param>
    /// <returns><c>[rows][tokens]</c>; zeros where a query sees nothing.</returns>
    public static double[][] Probabilities(in KvTensor keys, in KvQueries queries, int rows, int queryHead, Func<int, bool> seen)
    {
        double[][] probabilities = new double[rows][];
        double scale = queries.Scale == 0 ? 1 / Math.Sqrt(queries.HeadDimension) : queries.Scale;
        for (int row = 0; row < rows; row++)
        {
            int first = queries.Window - rows;
            ReadOnlySpan<float> query = queries.Head(queryHead).Slice((first + row) * queries.HeadDimension, queries.HeadDimension);
            double[] logits = new double[keys.Tokens];
            for (int token = 0; token < keys.Tokens; token++)
            {
                double logit = scale * Dot(keys, queryHead / (queries.Heads / keys.Heads), token, query);
                bool visible = double.IsFinite(logit) && seen(token) && token <= keys.Tokens - rows + row;
                logits[token] = visible ? logit : double.NegativeInfinity;
            }

            double max = Math.Max(logits.Max(), double.MinValue);
            double sum = logits.Sum(logit => Math.Exp(logit - max));
            probabilities[row] = [.. logits.Select(logit => sum > 0 ? Math.Exp(logit - max) / sum : 0)];
        }

        return probabilities;
    }

    private static void Compute(
        in KvTensor keys, in KvQueries queries, int rows, Func<int, bool> seen, TokenRange chunk, Func<IEnumerable<double>, double> fold, Span<float> received)
    {
        for (int queryHead = 0; queryHead < queries.Heads; queryHead++)
        {
            double[][] probabilities = Probabilities(keys, queries, rows, queryHead, seen);
            for (int token = chunk.Start; token < chunk.End; token++)
            {
                bool finite = float.IsFinite(ScalarSquaredNorms.Row(keys, queryHead / (queries.Heads / keys.Heads), token));
                received[(queryHead * chunk.Length) + token - chunk.Start] = finite ? (float)fold(probabilities.Select(row => row[token])) : float.NaN;
            }
        }
    }

    private static double Dot(in KvTensor keys, int head, int token, ReadOnlySpan<float> query)
    {
        double sum = 0;
        for (int channel = 0; channel < query.Length; channel++)
        {
            sum += (double)query[channel] * ScalarElements.Read(keys, head, token, channel);
        }

        return sum;
    }
}
