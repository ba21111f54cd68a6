namespace CurKv.Jinja.Syntax;

/// <summary>One argument of a call.</summary>
/// <param name="Name">Its name, or null.</param>
/// <param name="Value">Its value.</param>
/// <param name="Spread">How many stars stand before it: one spreads a list, two a dictionary.</param>
internal sealed record JinjaArgument(string? Name, JinjaExpression Value, int Spread = 0);
