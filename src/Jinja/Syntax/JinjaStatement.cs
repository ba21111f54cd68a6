namespace CurKv.Jinja.Syntax;

/// <summary>A template's statement: one of the records inside. Immutable.</summary>
/// <param name="Position">Where it stands: an offset into the source.</param>
internal abstract record JinjaStatement(int Position)
{
    /// <summary>Text outside of tags.</summary>
    internal sealed record Text(int Position, string Value) : JinjaStatement(Position);

    /// <summary><c>{{ value }}</c></summary>
    internal sealed record Output(int Position, JinjaExpression Value) : JinjaStatement(Position);

    /// <summary>An if with its elifs, and the else's body.</summary>
    internal sealed record If(
        int Position, IReadOnlyList<(JinjaExpression Condition, IReadOnlyList<JinjaStatement> Body)> Branches, IReadOnlyList<JinjaStatement> Otherwise) : JinjaStatement(Position);

    /// <summary>A loop; <paramref name="Otherwise"/> runs where nothing was looped over.</summary>
    internal sealed record For(
        int Position,
        JinjaExpression Target,
        JinjaExpression Items,
        JinjaExpression? Condition,
        IReadOnlyList<JinjaStatement> Body,
        IReadOnlyList<JinjaStatement> Otherwise) : JinjaStatement(Position);

    /// <summary>An assignment to a name, a namespace's attribute, or several.</summary>
    internal sealed record Set(int Position, JinjaExpression Target, JinjaExpression Value) : JinjaStatement(Position);

    /// <summary>An assignment of what a block renders to, through filters, the first one first, where there are some.</summary>
    internal sealed record SetBlock(int Position, JinjaExpression Target, IReadOnlyList<JinjaExpression.Filter> Filters, IReadOnlyList<JinjaStatement> Body) : JinjaStatement(Position);

    /// <summary>A macro's definition.</summary>
    internal sealed record Macro(int Position, string Name, IReadOnlyList<JinjaParameter> Parameters, IReadOnlyList<JinjaStatement> Body) : JinjaStatement(Position);

    /// <summary>A call whose macro may call the block's body as <c>caller</c>.</summary>
    internal sealed record CallBlock(int Position, IReadOnlyList<JinjaParameter> Parameters, JinjaExpression.Call Call, IReadOnlyList<JinjaStatement> Body) : JinjaStatement(Position);

    /// <summary>A block whose text goes through filters, the first one first.</summary>
    internal sealed record FilterBlock(int Position, IReadOnlyList<JinjaExpression.Filter> Filters, IReadOnlyList<JinjaStatement> Body) : JinjaStatement(Position);

    /// <summary>A block with variables of its own.</summary>
    internal sealed record With(int Position, IReadOnlyList<(JinjaExpression Target, JinjaExpression Value)> Variables, IReadOnlyList<JinjaStatement> Body) : JinjaStatement(Position);

    /// <summary>A block that changes nothing: <c>generation</c>, which marks for training what the model is to say.</summary>
    internal sealed record Group(int Position, IReadOnlyList<JinjaStatement> Body) : JinjaStatement(Position);

    /// <summary>Leaves the innermost loop.</summary>
    internal sealed record Break(int Position) : JinjaStatement(Position);

    /// <summary>Goes on with the innermost loop's next item.</summary>
    internal sealed record Continue(int Position) : JinjaStatement(Position);
}
