namespace CurKv.Docs.Tests;

/// <summary>A block of C# in a Markdown file.</summary>
/// <param name="File">The file, from the repository's root.</param>
/// <param name="Line">The line of the code's first line, from 1.</param>
/// <param name="Kind">What follows <c>csharp</c> in the fence: nothing, <c>program</c> or <c>fragment</c>.</param>
/// <param name="Code">The code.</param>
internal sealed record Snippet(string File, int Line, string Kind, string Code)
{
    /// <summary>A whole program, which brings its own usings.</summary>
    public const string Program = "program";

    /// <summary>Code with parts left out, which cannot compile.</summary>
    public const string Fragment = "fragment";

    public string Place => $"{File}:{Line}";
}
