namespace CurKv.Jinja.Syntax;

/// <summary>The kinds of a template's tokens.</summary>
internal enum JinjaTokenKind
{
    /// <summary>Text outside of tags.</summary>
    Text,

    /// <summary>Opens an expression to print.</summary>
    VariableBegin,

    /// <summary>Closes an expression to print.</summary>
    VariableEnd,

    /// <summary>Opens a statement.</summary>
    BlockBegin,

    /// <summary>Closes a statement.</summary>
    BlockEnd,

    /// <summary>A name or keyword.</summary>
    Name,

    /// <summary>A string literal, its escapes resolved.</summary>
    String,

    /// <summary>An integer literal.</summary>
    Integer,

    /// <summary>A number with a fraction or an exponent.</summary>
    Float,

    /// <summary>An operator or a bracket.</summary>
    Operator,

    /// <summary>The end of the template.</summary>
    End,
}
