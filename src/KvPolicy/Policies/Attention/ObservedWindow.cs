namespace CurKv.KvPolicy.Policies.Attention;

/// <summary>What the policies have in common that look at the queries of a prompt's last tokens.</summary>
internal static class ObservedWindow
{
    /// <summary>How many queries look back where nothing else is asked for.</summary>
    public const int DefaultRows = 64;

    // All layers' queries are held in memory, and every one of them meets every key.
    private const int MaxRows = 4096;

    /// <summary>Checks a window when a policy is created.</summary>
    public static int Check(int window) => window is >= 1 and <= MaxRows
        ? window
        : throw new ArgumentOutOfRangeException(nameof(window), window, $"The window must hold 1 to {MaxRows} queries: {DefaultRows} is the default.");

    /// <summary>How many of the last queries are used: a short prompt has fewer than wanted, another policy may want more.</summary>
    public static int Rows(in KvLayer layer, int window) => Math.Min(window, Math.Min(layer.Queries.Window, layer.Tokens));

    /// <summary>Gives the window's own tokens infinite scores, apart from those that are NaN.</summary>
    public static void Protect(in KvLayer layer, int rows, Span<float> scores)
    {
        for (int head = 0; head < layer.Heads; head++)
        {
            foreach (ref float score in scores.Slice((head * layer.Tokens) + layer.Tokens - rows, rows))
            {
                score = float.IsNaN(score) ? float.NaN : float.PositiveInfinity;
            }
        }
    }
}
