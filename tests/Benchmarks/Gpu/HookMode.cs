namespace CurKv.Benchmarks.Gpu;

/// <summary>What becomes of the eval hook.</summary>
internal enum HookMode
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>It is set all the time.</summary>
    Attached,

    /// <summary>It is taken away after the self-test.</summary>
    Detached,
}
