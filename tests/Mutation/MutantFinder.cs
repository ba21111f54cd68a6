using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CurKv.Mutation;

/// <summary>Finds what can be changed in a file: operators, numbers, truth values, conditions, and Min for Max.</summary>
internal sealed class MutantFinder(SyntaxTree tree) : CSharpSyntaxWalker
{
    private static readonly Dictionary<string, string> Operators = new()
    {
        ["+"] = "-",
        ["-"] = "+",
        ["*"] = "/",
        ["/"] = "*",
        ["%"] = "*",
        ["<"] = "<=",
        ["<="] = "<",
        [">"] = ">=",
        [">="] = ">",
        ["=="] = "!=",
        ["!="] = "==",
        ["&&"] = "||",
        ["||"] = "&&",
        ["&"] = "|",
        ["|"] = "&",
        ["+="] = "-=",
        ["-="] = "+=",
        ["|="] = "&=",
        ["++"] = "--",
        ["--"] = "++",
    };

    private readonly List<Mutant> _found = [];

    /// <summary>All changes of a file, in its order.</summary>
    public static IReadOnlyList<Mutant> Find(SyntaxTree tree)
    {
        var finder = new MutantFinder(tree);
        finder.Visit(tree.GetRoot());
        return finder._found;
    }

    // Attributes say how code is compiled, not what it does.
    public override void VisitAttributeList(AttributeListSyntax node)
    {
    }

    public override void VisitBinaryExpression(BinaryExpressionSyntax node)
    {
        Replace(node, node.OperatorToken);
        base.VisitBinaryExpression(node);
    }

    public override void VisitAssignmentExpression(AssignmentExpressionSyntax node)
    {
        Replace(node, node.OperatorToken);
        base.VisitAssignmentExpression(node);
    }

    public override void VisitPostfixUnaryExpression(PostfixUnaryExpressionSyntax node)
    {
        Replace(node, node.OperatorToken);
        base.VisitPostfixUnaryExpression(node);
    }

    public override void VisitPrefixUnaryExpression(PrefixUnaryExpressionSyntax node)
    {
        if (node.IsKind(SyntaxKind.LogicalNotExpression))
        {
            Replace(node, $"{node.Operand}");
        }
        else if (!node.IsKind(SyntaxKind.UnaryMinusExpression))
        {
            Replace(node, node.OperatorToken);
        }

        base.VisitPrefixUnaryExpression(node);
    }

    public override void VisitIfStatement(IfStatementSyntax node)
    {
        Negate(node.Condition);
        base.VisitIfStatement(node);
    }

    public override void VisitConditionalExpression(ConditionalExpressionSyntax node)
    {
        Negate(node.Condition);
        base.VisitConditionalExpression(node);
    }

    public override void VisitIdentifierName(IdentifierNameSyntax node)
    {
        if (node.Identifier.Text is "Min" or "Max" && node.Parent is MemberAccessExpressionSyntax { Parent: InvocationExpressionSyntax })
        {
            Replace(node, node.Identifier.Text == "Min" ? "Max" : "Min");
        }

        base.VisitIdentifierName(node);
    }

    public override void VisitLiteralExpression(LiteralExpressionSyntax node)
    {
        if (node.Token.Value is int or double or float)
        {
            Replace(node, $"({node} + 1)");
        }
        else if (node.Token.Value is bool value)
        {
            Replace(node, (!value).ToString(CultureInfo.InvariantCulture).ToLowerInvariant());
        }

        base.VisitLiteralExpression(node);
    }

    private void Negate(ExpressionSyntax condition) => Replace(condition, $"!({condition})");

    private void Replace(SyntaxNode node, string after) => _found.Add(new Mutant(
        tree, node, after, tree.GetRoot().ReplaceNode(node, SyntaxFactory.ParseExpression(after).WithTriviaFrom(node))));

    private void Replace(SyntaxNode node, SyntaxToken sign)
    {
        // Text is not counted with: its "+" joins.
        if (Operators.TryGetValue(sign.Text, out string? other) && !node.DescendantNodes().Any(IsText))
        {
            SyntaxTree changed = tree.WithChangedText(tree.GetText().Replace(sign.Span, other));
            _found.Add(new Mutant(tree, node, $"{node}".Remove(sign.SpanStart - node.SpanStart, sign.Span.Length).Insert(sign.SpanStart - node.SpanStart, other), changed.GetRoot()));
        }
    }

    private static bool IsText(SyntaxNode node) =>
        node.IsKind(SyntaxKind.StringLiteralExpression) || node.IsKind(SyntaxKind.InterpolatedStringExpression);
}
