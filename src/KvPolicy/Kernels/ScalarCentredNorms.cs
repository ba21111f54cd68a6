using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Kernels;

/// <summary>The plain twin of <see cref="CentredNorms"/>, in double precision. What the tests compare with.</summary>
internal static class ScalarCentredNorms
{
    /// <inheritdoc cref="CentredNorms.Compute"/>
    public static void Compute(in KvLayerTensors layer, int skip, Span<float> squares)
    {
        KvTensor tensor = layer.Keys;
        using var block = new RowBlock(tensor.Heads, tensor.HeadDimension);
        for (int head = 0; head < tensor.Heads; head++)
        {
            double[][] rows = new double[tensor.Tokens][];
            for (int token = 0; token < tensor.Tokens; token++)
            {
                block.Read(tensor, token);
                layer.KeyRotation?.Apply(block.Row(head, 0));
                rows[token] = Array.ConvertAll(block.Row(head, 0).ToArray(), element => (double)element);
                Unrotate(rows[token], layer.Rotary, layer.Positions?[head, token] ?? token);
            }

            double[][] counted = [.. rows.Skip(skip).Where(row => Array.TrueForAll(row, double.IsFinite))];
            for (int token = 0; token < tensor.Tokens; token++)
            {
                squares[(head * tensor.Tokens) + token] = (float)rows[token].Select((element, i) => element - counted.Sum(row => row[i] / counted.Length)).Sum(difference => difference * difference);
            }
        }
    }

    private static void Unrotate(double[] row, RotaryEmbedding? rotary, int position)
    {
        for (int pair = 0; pair < rotary?.Dimensions / 2; pair++)
        {
            (int first, int second) = rotary!.Interleaved ? (2 * pair, (2 * pair) + 1) : (pair, pair + (rotary.Dimensions / 2));
            (double sin, double cos) = Math.SinCos(position * Math.Pow(rotary.Base, -2.0 * pair / rotary.Dimensions));
            (row[first], row[second]) = ((row[first] * cos) + (row[second] * sin), (row[second] * cos) - (row[first] * sin));
        }
    }
}
