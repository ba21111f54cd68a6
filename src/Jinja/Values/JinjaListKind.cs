namespace CurKv.Jinja.Values;

/// <summary>What Python would call a list. They differ in how they print and compare.</summary>
internal enum JinjaListKind
{
    /// <summary>A list.</summary>
    List,

    /// <summary>A tuple.</summary>
    Tuple,

    /// <summary>What filters as <c>map</c> and <c>select</c> give: always true, also when it is empty; else as a list.</summary>
    Generator,
}
