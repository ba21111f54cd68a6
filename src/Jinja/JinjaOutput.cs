namespace CurKv.Jinja;

/// <summary>A rendered template.</summary>
/// <param name="Text">The text.</param>
/// <param name="Inputs">Which parts of it are characters of the context's strings; ascending, not overlapping. All else was written by the template.</param>
internal sealed record JinjaOutput(string Text, IReadOnlyList<JinjaSpan> Inputs);
