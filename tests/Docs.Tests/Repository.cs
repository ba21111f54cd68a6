namespace CurKv.Docs.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    private static readonly string[] BuildFolders = ["artifacts", "bin", "obj", "node_modules", "TestResults", "BenchmarkDotNet.Artifacts"];

    public static string Root { get; } = FindRoot();

    /// <summary>Every Markdown file, by its path from the root.</summary>
    public static IReadOnlyList<MarkdownFile> MarkdownFiles { get; } =
        [.. Find(Root, "*.md").Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/')).Order(StringComparer.Ordinal).Select(path => new MarkdownFile(path))];

    /// <summary>The names of all files of C#, without their folders.</summary>
    public static IReadOnlySet<string> SourceFiles { get; } = Find(Root, "*.cs").Select(path => Path.GetFileName(path)).ToHashSet(StringComparer.Ordinal);

    public static MarkdownFile Markdown(string path) => MarkdownFiles.Single(file => file.Path == path);

    public static string FullPath(string path) => Path.GetFullPath(Path.Combine(Root, path));

    public static bool Exists(string path) => Path.Exists(FullPath(path));

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Connector.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"No Connector.sln above {AppContext.BaseDirectory}.");
    }

    private static IEnumerable<string> Find(string folder, string pattern) =>
        Directory.EnumerateDirectories(folder)
            .Where(child => Path.GetFileName(child) is var name && !name.StartsWith('.') && !BuildFolders.Contains(name))
            .SelectMany(child => Find(child, pattern))
            .Concat(Directory.EnumerateFiles(folder, pattern));
}
