using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Kernels;

/// <summary>The plain twin of <see cref="OutputNorms"/>, in double precision. What the tests compare with.</summary>
internal static class ScalarOutputNorms
{
    /// <inheritdoc cref="OutputNorms.Compute"/>
    public static void Compute(
        in KvTensor values, HadamardRotation? rotation, ReadOnlySpan<float> weights, int embedding, Span<float> norms)
    {
        int inputs = weights.Length / embedding;
        int group = inputs / (values.Heads * values.HeadDimension);
        for (int i = 0; i < norms.Length; i++)
        {
            int head = i / values.Tokens;
            float[] value = new float[values.HeadDimension];
            for (int channel = 0; channel < value.Length; channel++)
            {
                value[channel] = ScalarElements.Read(values, head, i % values.Tokens, channel);
            }

            rotation?.Apply(value);
            double sum = 0;
            for (int row = 0; row < embedding; row++)
            {
                for (int member = 0; member < group; member++)
                {
                    sum += Math.Abs(Dot(value, weights[((row * inputs) + (((head * group) + member) * value.Length))..]));
                }
            }

            norms[i] = (float)(sum / group);
        }
    }

    private static double Dot(float[] value, ReadOnlySpan<float> weights)
    {
        double sum = 0;
        for (int channel = 0; channel < value.Length; channel++)
        {
            sum += (double)value[channel] * weights[channel];
        }

        return sum;
    }
}
