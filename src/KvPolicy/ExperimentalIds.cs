namespace CurKv.KvPolicy;

/// <summary>The ids of what may change or go (docs/experimental.md): CURKV001 to CURKV009 are this assembly's.</summary>
internal static class ExperimentalIds
{
    /// <summary>Norms of cached rows that a caller measures itself.</summary>
    public const string OwnNorms = "CURKV001";

    /// <summary>Budgets by the mass of the scores.</summary>
    public const string MassBudgets = "CURKV002";
}
