namespace CurKv.KvPolicy.Budgets;

/// <summary>Takes shares of numbers of tokens.</summary>
internal static class Share
{
    // Floating point would lose one to rounding: 10·(1−0.9) is 0.9999….
    private const double RoundingGuard = 1e-9;

    /// <summary>A share, rounded down.</summary>
    public static int Floor(double share, int count) => (int)((share * count) + RoundingGuard);

    /// <summary>A share, rounded up; at least 1.</summary>
    public static int Ceiling(double share, int count) => Math.Max(1, (int)Math.Ceiling((share * count) - RoundingGuard));
}
