namespace CurKv.Connector;

/// <summary>The ids of what may change or go: CURKV010 to CURKV019 are this assembly's.</summary>
internal static class ExperimentalIds
{
    /// <summary>Taking llama.cpp's eval callback out of its context.</summary>
    public const string DetachHook = "CURKV010";
}
