using System.Text.RegularExpressions;
using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace CurKv.Docs.Tests;

/// <summary>A Markdown file of the repository, with anchors as GitHub makes them.</summary>
internal sealed partial class MarkdownFile(string path)
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().UseAutoIdentifiers(AutoIdentifierOptions.GitHub).Build();

    private readonly MarkdownDocument _document = Markdown.Parse(File.ReadAllText(Repository.FullPath(path)), Pipeline);

    /// <summary>From the repository's root, with slashes.</summary>
    public string Path => path;

    public IEnumerable<Snippet> Snippets =>
        _document.Descendants<FencedCodeBlock>()
            .Where(block => block.Info == "csharp")
            .Select(block => new Snippet(path, block.Line + 2, block.Arguments ?? string.Empty, block.Lines.ToString()));

    /// <summary>What links, images and HTML attributes point at, and on which line.</summary>
    public IEnumerable<(string Target, int Line)> Links =>
        _document.Descendants<LinkInline>().Select(link => (link.Url ?? string.Empty, link.Line + 1))
            .Concat(_document.Descendants<HtmlBlock>().SelectMany(html => HtmlTargets(html.Lines.ToString(), html.Line)))
            .Concat(_document.Descendants<HtmlInline>().SelectMany(html => HtmlTargets(html.Tag, html.Line)));

    public IEnumerable<string> Anchors => _document.Descendants<HeadingBlock>().Select(heading => heading.GetAttributes().Id ?? string.Empty);

    /// <summary>What stands between backticks in the text.</summary>
    public IEnumerable<(string Text, int Line)> CodeSpans => _document.Descendants<CodeInline>().Select(code => (code.Content, code.Line + 1));

    private static IEnumerable<(string Target, int Line)> HtmlTargets(string html, int line) =>
        HtmlAttribute().Matches(html).Select(match => (match.Groups[1].Value, line + 1));

    [GeneratedRegex("(?:src|srcset|href)=\"([^\"]*)\"")]
    private static partial Regex HtmlAttribute();
}
