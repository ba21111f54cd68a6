using System.Runtime.CompilerServices;

namespace CurKv.KvPolicy.Numerics;

/// <summary>How the inner loops are compiled.</summary>
internal static class Hot
{
    /// <summary>
    /// Optimised at the first call. A cache is scored once per prompt, so tiered compilation would run the first prompts on
    /// unoptimised vector code, which is many times slower.
    /// </summary>
    public const MethodImplOptions Loop = MethodImplOptions.AggressiveOptimization;
}
