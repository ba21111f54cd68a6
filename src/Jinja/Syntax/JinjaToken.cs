namespace CurKv.Jinja.Syntax;

/// <summary>One token of a template.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text; of a string literal, the string.</param>
/// <param name="Position">Its offset in the source.</param>
internal readonly record struct JinjaToken(JinjaTokenKind Kind, string Text, int Position)
{
    /// <summary>Whether this is a certain operator.</summary>
    public bool IsOperator(string text) => Kind == JinjaTokenKind.Operator && Text == text;

    /// <summary>Whether this is a certain name.</summary>
    public bool IsName(string text) => Kind == JinjaTokenKind.Name && Text == text;

    /// <summary>The token as an error shows it.</summary>
    public string Description => Kind switch
    {
        JinjaTokenKind.End => "the end of the template",
        JinjaTokenKind.BlockEnd => "'%}'",
        JinjaTokenKind.VariableEnd => "'}}'",
        JinjaTokenKind.Text => "text",
        JinjaTokenKind.String => "a string",
        _ => $"'{Text}'",
    };
}
