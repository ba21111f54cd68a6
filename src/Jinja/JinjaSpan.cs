namespace CurKv.Jinja;

/// <summary>A part of a rendered text that came from the context.</summary>
/// <param name="Range">Where it lies in the text.</param>
/// <param name="Path">Where it came from: <c>messages[0].content</c>; of an object printed as a whole (<c>tojson</c>), the object's path: <c>tools[2]</c>.</param>
internal readonly record struct JinjaSpan(Range Range, string Path);
