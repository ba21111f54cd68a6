using System.Reflection;

namespace CurKv.Docs.Tests;

public class SnippetTests
{
    /// <summary>How many snippets are deliberately partial. A new one needs a reason.</summary>
    private const int Fragments = 0;

    private static readonly Snippet[] All = [.. Repository.MarkdownFiles.SelectMany(file => file.Snippets)];

    public static TheoryData<string> Whole => [.. All.Where(snippet => snippet.Kind != Snippet.Fragment).Select(snippet => snippet.Place)];

    [Theory]
    [MemberData(nameof(Whole))]
    public void Compile_SnippetOfADocument_HasNoErrors(string place) => Problems.AssertNone(SnippetCompiler.Errors(At(place)));

    [Fact]
    public void Compile_SnippetThatIsWrong_NamesFileAndLine()
    {
        var snippet = new Snippet("docs/page.md", 12, string.Empty, "Console.WriteLine(1);\nConsole.WriteLine(unknown);");

        Assert.Equal(["docs/page.md:13: CS0103: The name 'unknown' does not exist in the current context"], SnippetCompiler.Errors(snippet));
    }

    [Fact]
    public void Kinds_OfAllSnippets_AreKnownAndFragmentsFew()
    {
        Assert.All(All, snippet => Assert.Contains(snippet.Kind, (string[])[string.Empty, Snippet.Program, Snippet.Fragment]));
        Assert.Equal(Fragments, All.Count(snippet => snippet.Kind == Snippet.Fragment));
    }

    [Fact]
    public async Task Run_ProgramOfTheReadme_AnswersFromTheBook()
    {
        Snippet program = Assert.Single(Repository.Markdown("README.md").Snippets, snippet => snippet.Kind == Snippet.Program);
        MethodInfo entry = Assembly.Load(SnippetCompiler.Emit(program)).EntryPoint!;
        (TextWriter console, string folder) = (Console.Out, Environment.CurrentDirectory);
        using var output = new StringWriter();
        try
        {
            Console.SetOut(output);
            Environment.CurrentDirectory = Repository.Root;
            await Task.Run(() => entry.Invoke(null, [Array.Empty<string>()]), TestContext.Current.CancellationToken);
        }
        finally
        {
            Console.SetOut(console);
            Environment.CurrentDirectory = folder;
        }

        Assert.Contains("480216", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("Anna Weber", output.ToString(), StringComparison.Ordinal);
    }

    private static Snippet At(string place) => All.Single(snippet => snippet.Place == place);
}
