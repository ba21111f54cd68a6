using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Kernels;

/// <summary>The plain twin of <see cref="SquaredNorms"/>, exact for infinities and NaN as well.</summary>
internal static class ScalarSquaredNorms
{
    /// <inheritdoc cref="SquaredNorms.Compute"/>
    public static void Compute(in KvTensor tensor, Span<float> squares)
    {
        for (int head = 0; head < tensor.Heads; head++)
        {
            for (int token = 0; token < tensor.Tokens; token++)
            {
                squares[(head * tensor.Tokens) + token] = Row(tensor, head, token);
            }
        }
    }

    /// <summary>The squared norm of one token's row.</summary>
    public static float Row(in KvTensor tensor, int head, int token)
    {
        float sum = 0;
        for (int channel = 0; channel < tensor.HeadDimension; channel++)
        {
            float value = ScalarElements.Read(tensor, head, token, channel);
            sum += value * value;
        }

        return sum;
    }
}
