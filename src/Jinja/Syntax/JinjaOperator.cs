namespace CurKv.Jinja.Syntax;

/// <summary>The operators that take two values and always evaluate both.</summary>
internal enum JinjaOperator
{
    /// <summary><c>+</c></summary>
    Add,

    /// <summary><c>-</c></summary>
    Subtract,

    /// <summary><c>*</c></summary>
    Multiply,

    /// <summary><c>/</c>, always a float.</summary>
    Divide,

    /// <summary><c>//</c>, rounds down.</summary>
    FloorDivide,

    /// <summary><c>%</c>, of the divisor's sign; of a string, printf's formatting.</summary>
    Modulo,

    /// <summary><c>**</c></summary>
    Power,

    /// <summary><c>==</c></summary>
    Equal,

    /// <summary><c>!=</c></summary>
    NotEqual,

    /// <summary><c>&lt;</c></summary>
    Less,

    /// <summary><c>&lt;=</c></summary>
    LessOrEqual,

    /// <summary><c>&gt;</c></summary>
    Greater,

    /// <summary><c>&gt;=</c></summary>
    GreaterOrEqual,

    /// <summary><c>in</c></summary>
    In,

    /// <summary><c>not in</c></summary>
    NotIn,
}
