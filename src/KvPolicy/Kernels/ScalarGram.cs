using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Kernels;

/// <summary>The plain twin of <see cref="Gram"/>.</summary>
internal static class ScalarGram
{
    /// <summary>Computes the whole matrix <c>[head dimension][head dimension]</c>.</summary>
    public static void Compute(in KvTensor tensor, int head, Span<double> matrix)
    {
        int size = tensor.HeadDimension;
        matrix.Clear();
        for (int token = 0; token < tensor.Tokens; token++)
        {
            if (!float.IsFinite(ScalarSquaredNorms.Row(tensor, head, token)))
            {
                continue;
            }

            for (int i = 0; i < size; i++)
            {
                double left = ScalarElements.Read(tensor, head, token, i);
                for (int j = 0; j < size; j++)
                {
                    matrix[(i * size) + j] += left * ScalarElements.Read(tensor, head, token, j);
                }
            }
        }
    }
}
