namespace CurKv.Connector;

/// <summary>The ids of what may change or go (docs/experimental.md): CURKV010 to CURKV019 are this assembly's, lower ones CurKv.KvPolicy's.</summary>
internal static class ExperimentalIds
{
    /// <summary>Budgets by the mass of the scores, which a setting here asks CurKv.KvPolicy for.</summary>
    public const string MassBudgets = "CURKV002";

    /// <summary>Taking llama.cpp's eval callback out of its context.</summary>
    public const string DetachHook = "CURKV010";
}
