namespace CurKv.Connector.Engine.Loading;

/// <summary>The llama.cpp that LLamaSharp and our own P/Invokes were made for. What its functions take is known by the commit alone.</summary>
internal static class LlamaCppBuild
{
    /// <summary>The version of LLamaSharp and its backend packages.</summary>
    public const string LLamaSharpVersion = "0.30.0";

    /// <summary>llama.cpp's commit, as <c>ggml_commit()</c> of LLamaSharp's natives has it.</summary>
    public const string Commit = "815a2a591";

    /// <summary>llama.cpp's release of that commit.</summary>
    public const string Release = "b10221";

    // What ggml's build writes where it finds no git, and adds where files were changed.
    private const string Unknown = "unknown";
    private const string Dirty = "-dirty";

    // git never shortens a commit further by itself.
    private const int ShortestCommit = 7;

    /// <summary>Whether a library may be this build: of the same commit, shortened or not, or built where no commit was known.</summary>
    /// <param name="commit">What its <c>ggml_commit()</c> says.</param>
    public static bool Matches(string commit)
    {
        string clean = commit.EndsWith(Dirty, StringComparison.Ordinal) ? commit[..^Dirty.Length] : commit;
        return clean is "" or Unknown
            || (clean.Length >= ShortestCommit && (clean.StartsWith(Commit, StringComparison.OrdinalIgnoreCase) || Commit.StartsWith(clean, StringComparison.OrdinalIgnoreCase)));
    }
}
