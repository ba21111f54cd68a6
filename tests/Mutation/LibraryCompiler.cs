using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace CurKv.Mutation;

/// <summary>Compiles KvPolicy from its source, as it is or with one change.</summary>
internal sealed class LibraryCompiler
{
    // What the SDK adds to the project.
    private const string Generated = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Threading; global using System.Threading.Tasks;
        [assembly: System.Runtime.CompilerServices.InternalsVisibleTo("CurKv.KvPolicy.Tests")]
        """;

    private readonly CSharpCompilation _library;

    /// <summary>Reads the source.</summary>
    /// <param name="source">The folder of the project.</param>
    /// <param name="packages">The folder with the assemblies that it refers to beyond the framework's.</param>
    public LibraryCompiler(string source, string packages)
    {
        var options = new CSharpParseOptions(LanguageVersion.Latest);
        string[] framework = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        _library = CSharpCompilation.Create(
            "CurKv.KvPolicy",
            [
                CSharpSyntaxTree.ParseText(Generated, options),
                .. Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                    .Select(path => CSharpSyntaxTree.ParseText(File.ReadAllText(path), options, Path.GetRelativePath(source, path))),
            ],
            [.. framework.Append(Path.Combine(packages, "System.Numerics.Tensors.dll")).Select(path => MetadataReference.CreateFromFile(path))],
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary,
                optimizationLevel: OptimizationLevel.Release,
                allowUnsafe: true,
                nullableContextOptions: NullableContextOptions.Enable,
                specificDiagnosticOptions: [new("CURKV001", ReportDiagnostic.Suppress), new("CURKV002", ReportDiagnostic.Suppress)]));
    }

    /// <summary>The files below some of the folders.</summary>
    public IEnumerable<SyntaxTree> Files(IReadOnlyList<string> folders) =>
        _library.SyntaxTrees.Where(tree => folders.Any(folder => tree.FilePath.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal)));

    /// <summary>Compiles it; null where the change is no valid C#.</summary>
    public MemoryStream? Compile(Mutant? mutant)
    {
        CSharpCompilation library = mutant is null
            ? _library
            : _library.ReplaceSyntaxTree(mutant.Tree, mutant.Tree.WithRootAndOptions(mutant.Root, mutant.Tree.Options));
        var stream = new MemoryStream();
        if (!library.Emit(stream).Success)
        {
            return null;
        }

        stream.Position = 0;
        return stream;
    }
}
