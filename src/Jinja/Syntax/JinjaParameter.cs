namespace CurKv.Jinja.Syntax;

/// <summary>One parameter of a macro.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Default">Its value where the call gives none; null: undefined.</param>
internal sealed record JinjaParameter(string Name, JinjaExpression? Default);
