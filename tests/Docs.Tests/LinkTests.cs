using System.Text.RegularExpressions;

namespace CurKv.Docs.Tests;

public partial class LinkTests
{
    public static TheoryData<string> Files => [.. Repository.MarkdownFiles.Select(file => file.Path)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Links_ToFilesOfTheRepository_LeadSomewhere(string path)
    {
        MarkdownFile file = Repository.Markdown(path);

        Problems.AssertNone(file.Links.Where(link => !IsExternal(link.Target) && !Leads(file, link.Target)).Select(link => $"{path}:{link.Line}: {link.Target}"));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Paths_InBackticks_Exist(string path)
    {
        MarkdownFile file = Repository.Markdown(path);

        Problems.AssertNone(file.CodeSpans.Where(code => RepositoryPath().IsMatch(code.Text) && !Repository.Exists(code.Text)).Select(code => $"{path}:{code.Line}: {code.Text}"));
    }

    [Fact]
    public void FileNames_ThatContributorsAreSentTo_Exist()
    {
        MarkdownFile file = Repository.Markdown("CONTRIBUTING.md");

        Problems.AssertNone(file.CodeSpans.Where(code => SourceFile().IsMatch(code.Text) && !Repository.SourceFiles.Contains(code.Text)).Select(code => $"{file.Path}:{code.Line}: {code.Text}"));
    }

    [Theory]
    [InlineData("README.md", "docs/chat.md", true)]
    [InlineData("README.md", "docs/chat.md#structured-output", true)]
    [InlineData("README.md", "docs/chat.md#nothing-of-the-kind", false)]
    [InlineData("README.md", "docs/nothing.md", false)]
    [InlineData("docs/chat.md", "#structured-output", true)]
    [InlineData("docs/chat.md", "../README.md", true)]
    [InlineData("docs/chat.md", "README.md", false)]
    public void Leads_Target_IsSeenFromItsFile(string from, string target, bool expected) =>
        Assert.Equal(expected, Leads(Repository.Markdown(from), target));

    private static bool IsExternal(string target) => Uri.TryCreate(target, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" or "mailto";

    private static bool Leads(MarkdownFile from, string target)
    {
        string[] parts = target.Split('#', 2);
        string path = parts[0].Length == 0 ? from.Path : Path.Combine(Path.GetDirectoryName(from.Path) ?? string.Empty, Uri.UnescapeDataString(parts[0]));
        if (!Repository.Exists(path))
        {
            return false;
        }

        return parts.Length == 1 || Anchors(path).Contains(parts[1]);
    }

    private static IEnumerable<string> Anchors(string path)
    {
        string full = Repository.FullPath(path);
        return Repository.MarkdownFiles.SingleOrDefault(file => Repository.FullPath(file.Path) == full)?.Anchors ?? [];
    }

    /// <summary>A path from the repository's root, without wildcards or placeholders.</summary>
    [GeneratedRegex(@"^(src|tests|docs|samples)/[\w./-]*$")]
    private static partial Regex RepositoryPath();

    /// <summary>A file of C#, named without its folder.</summary>
    [GeneratedRegex(@"^[\w.]+\.cs$")]
    private static partial Regex SourceFile();
}
