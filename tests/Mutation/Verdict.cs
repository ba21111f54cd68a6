namespace CurKv.Mutation;

/// <summary>What became of a mutant.</summary>
internal enum Verdict
{
    /// <summary>A test failed, did not end, or took the process down.</summary>
    Killed,

    /// <summary>No test noticed.</summary>
    Survived,

    /// <summary>The change is no valid C#.</summary>
    Invalid,
}
