using CurKv.Jinja.Values;

namespace CurKv.Jinja.Syntax;

/// <summary>A template's expression: one of the records inside. Immutable.</summary>
/// <param name="Position">Where it stands: an offset into the source.</param>
internal abstract record JinjaExpression(int Position)
{
    /// <summary>A literal.</summary>
    internal sealed record Literal(int Position, JinjaValue Value) : JinjaExpression(Position);

    /// <summary>A variable.</summary>
    internal sealed record Name(int Position, string Variable) : JinjaExpression(Position);

    /// <summary>A list or, in round brackets or none, a tuple.</summary>
    internal sealed record Sequence(int Position, IReadOnlyList<JinjaExpression> Items, JinjaListKind Kind) : JinjaExpression(Position);

    /// <summary>A dictionary.</summary>
    internal sealed record Mapping(int Position, IReadOnlyList<(JinjaExpression Key, JinjaExpression Value)> Items) : JinjaExpression(Position);

    /// <summary><c>target.key</c></summary>
    internal sealed record Attribute(int Position, JinjaExpression Target, JinjaString Key) : JinjaExpression(Position);

    /// <summary><c>target[index]</c></summary>
    internal sealed record Subscript(int Position, JinjaExpression Target, JinjaExpression Index) : JinjaExpression(Position);

    /// <summary><c>target[start:stop:step]</c></summary>
    internal sealed record Slice(int Position, JinjaExpression Target, JinjaExpression? Start, JinjaExpression? Stop, JinjaExpression? Step) : JinjaExpression(Position);

    /// <summary><c>target(arguments)</c></summary>
    internal sealed record Call(int Position, JinjaExpression Target, IReadOnlyList<JinjaArgument> Arguments) : JinjaExpression(Position);

    /// <summary><c>target | filter(arguments)</c>; no target in what a block's text goes through.</summary>
    internal sealed record Filter(int Position, JinjaExpression? Target, string FilterName, IReadOnlyList<JinjaArgument> Arguments) : JinjaExpression(Position);

    /// <summary><c>target is test(arguments)</c></summary>
    internal sealed record Test(int Position, JinjaExpression Target, string TestName, IReadOnlyList<JinjaArgument> Arguments) : JinjaExpression(Position);

    /// <summary><c>not operand</c></summary>
    internal sealed record Not(int Position, JinjaExpression Operand) : JinjaExpression(Position);

    /// <summary><c>-operand</c> or <c>+operand</c></summary>
    internal sealed record Sign(int Position, JinjaExpression Operand, bool IsNegative) : JinjaExpression(Position);

    /// <summary><c>left and right</c>, <c>left or right</c>: the value of the operand that decides.</summary>
    internal sealed record Logical(int Position, JinjaExpression Left, JinjaExpression Right, bool IsAnd) : JinjaExpression(Position);

    /// <summary>An arithmetic operator.</summary>
    internal sealed record Binary(int Position, JinjaOperator Operator, JinjaExpression Left, JinjaExpression Right) : JinjaExpression(Position);

    /// <summary>A comparison, or a chain of them: <c>a &lt; b &lt; c</c>.</summary>
    internal sealed record Comparison(int Position, JinjaExpression First, IReadOnlyList<(JinjaOperator Operator, JinjaExpression Operand)> Rest) : JinjaExpression(Position);

    /// <summary><c>a ~ b ~ c</c></summary>
    internal sealed record Concatenation(int Position, IReadOnlyList<JinjaExpression> Parts) : JinjaExpression(Position);

    /// <summary><c>then if condition else otherwise</c></summary>
    internal sealed record Conditional(int Position, JinjaExpression Condition, JinjaExpression Then, JinjaExpression? Otherwise) : JinjaExpression(Position);
}
