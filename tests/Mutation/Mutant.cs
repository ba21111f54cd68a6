using Microsoft.CodeAnalysis;

namespace CurKv.Mutation;

/// <summary>One change of one place in the source.</summary>
/// <param name="Tree">The file.</param>
/// <param name="Before">The node or token's text as it is.</param>
/// <param name="After">What it becomes.</param>
/// <param name="Root">The file with the change.</param>
internal sealed record Mutant(SyntaxTree Tree, SyntaxNodeOrToken Before, string After, SyntaxNode Root)
{
    public override string ToString()
    {
        int line = Before.GetLocation()!.GetLineSpan().StartLinePosition.Line + 1;
        return $"{Tree.FilePath}:{line}: {Before.ToString().ReplaceLineEndings(" ")} → {After.ReplaceLineEndings(" ")}";
    }
}
