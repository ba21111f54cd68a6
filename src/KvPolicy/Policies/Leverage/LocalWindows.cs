namespace CurKv.KvPolicy.Policies.Leverage;

/// <summary>Divides weights by the mean or the sum of their window.</summary>
internal static class LocalWindows
{
    /// <summary>Scales one head's weights in place.</summary>
    public static void Scale(Span<float> weights, CurDkvWindow window)
    {
        int first = window.AlignRight ? weights.Length % window.Tokens : 0;
        if (first > 0)
        {
            ScaleOne(weights[..first], window.DivideBySum);
        }

        for (int start = first; start < weights.Length; start += window.Tokens)
        {
            ScaleOne(weights[start..Math.Min(start + window.Tokens, weights.Length)], window.DivideBySum);
        }
    }

    private static void ScaleOne(Span<float> window, bool divideBySum)
    {
        // A row that is not finite must not take its neighbours with it.
        double sum = 0;
        foreach (float weight in window)
        {
            sum += float.IsFinite(weight) ? weight : 0;
        }

        double total = divideBySum ? 1 : window.Length;
        foreach (ref float weight in window)
        {
            float scaled = sum > 0 ? (float)(weight / sum * total) : (float)(total / window.Length);
            weight = float.IsFinite(weight) ? scaled : weight;
        }
    }
}
