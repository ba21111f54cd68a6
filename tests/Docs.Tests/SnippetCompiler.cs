using CurKv.Connector.Chat;
using CurKv.KvPolicy.Policies;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CurKv.Docs.Tests;

/// <summary>Compiles snippets against the assemblies that the tests run on.</summary>
internal static class SnippetCompiler
{
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private const string PreambleUsings = """
        global using System.ComponentModel;
        global using System.Numerics.Tensors;
        global using Microsoft.Extensions.AI;
        global using Microsoft.Extensions.Options;
        global using static CurKv.Docs.Tests.SnippetPreamble;
        """;

    // A program may begin with the directives of one that is a single file.
    private static readonly CSharpParseOptions Language =
        new CSharpParseOptions(LanguageVersion.Latest).WithFeatures([new("FileBasedProgram", "true")]);

    private static readonly string OurUsings = string.Concat(
        new[] { typeof(LlamaChatClient), typeof(IKvPolicy) }.SelectMany(type => type.Assembly.GetExportedTypes())
            .Select(type => type.Namespace).Distinct().Order(StringComparer.Ordinal).Select(name => $"global using {name};\n"));

    private static readonly MetadataReference[] References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path))];

    /// <summary>Errors, each with the Markdown file and its line.</summary>
    public static IReadOnlyList<string> Errors(Snippet snippet) => [.. Errors(Compile(snippet).GetDiagnostics())];

    /// <summary>An executable assembly's bytes.</summary>
    public static byte[] Emit(Snippet snippet)
    {
        using var assembly = new MemoryStream();
        Problems.AssertNone(Errors(Compile(snippet).Emit(assembly).Diagnostics));
        return assembly.ToArray();
    }

    private static CSharpCompilation Compile(Snippet snippet)
    {
        // Empty lines above the code make the compiler's lines those of the Markdown file.
        SyntaxTree code = Parse(new string('\n', snippet.Line - 1) + snippet.Code, snippet.File);
        SyntaxTree usings = Parse(snippet.Kind == Snippet.Program ? ImplicitUsings : $"{ImplicitUsings}\n{PreambleUsings}\n{OurUsings}", "usings");
        bool runs = code.GetCompilationUnitRoot().Members.Any(member => member is GlobalStatementSyntax);
        var options = new CSharpCompilationOptions(
            runs ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable);
        return CSharpCompilation.Create("Snippet", [code, usings], References, options);
    }

    private static SyntaxTree Parse(string code, string path) => CSharpSyntaxTree.ParseText(code, Language, path);

    private static IEnumerable<string> Errors(IEnumerable<Diagnostic> diagnostics) =>
        diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(diagnostic =>
        {
            FileLinePositionSpan span = diagnostic.Location.GetLineSpan();
            return $"{span.Path}:{span.StartLinePosition.Line + 1}: {diagnostic.Id}: {diagnostic.GetMessage(System.Globalization.CultureInfo.InvariantCulture)}";
        });
}
