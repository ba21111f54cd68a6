namespace CurKv.KvPolicy.Numerics;

/// <summary>The plain twin of <see cref="Pooling"/>.</summary>
internal static class ScalarPooling
{
    /// <inheritdoc cref="Pooling.Average"/>
    public static void Average(Span<float> row, int kernel) =>
        Pool(row, kernel, values => (float)(values.Sum(value => (double)value) / kernel));

    /// <inheritdoc cref="Pooling.Max"/>
    public static void Max(Span<float> row, int kernel) => Pool(row, kernel, Enumerable.Max);

    private static void Pool(Span<float> row, int kernel, Func<IEnumerable<float>, float> fold)
    {
        float[] source = row.ToArray();
        for (int i = 0; i < row.Length; i++)
        {
            IEnumerable<float> neighbours = source.Skip(i - (kernel / 2)).Take((kernel / 2) + 1 + Math.Min(i, kernel / 2));
            row[i] = float.IsNaN(row[i]) ? float.NaN : fold(neighbours.Where(value => !float.IsNaN(value)));
        }
    }
}
