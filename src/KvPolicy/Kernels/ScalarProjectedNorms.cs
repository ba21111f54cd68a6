using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Kernels;

/// <summary>The plain twin of <see cref="ProjectedNorms"/>.</summary>
internal static class ScalarProjectedNorms
{
    /// <inheritdoc cref="ProjectedNorms.Compute"/>
    public static void Compute(in KvTensor tensor, Projection projection, Span<float> squares)
    {
        for (int i = 0; i < squares.Length; i++)
        {
            int head = i / tensor.Tokens;
            int token = i % tensor.Tokens;
            double sum = 0;
            for (int column = 0; column < projection.Columns; column++)
            {
                double product = 0;
                for (int channel = 0; channel < tensor.HeadDimension; channel++)
                {
                    product += (double)ScalarElements.Read(tensor, head, token, channel) * projection.Row(head, channel)[column];
                }

                sum += product * product;
            }

            squares[i] = (float)sum;
        }
    }
}
