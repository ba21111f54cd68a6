using CurKv.Jinja.Evaluation;

namespace CurKv.Jinja.Values;

/// <summary>A list, a tuple, or what a filter gives.</summary>
/// <param name="items">The items; the list takes them over.</param>
/// <param name="kind">Which of them it is.</param>
/// <param name="origin">Where in the context it came from, if it did.</param>
internal sealed class JinjaList(List<JinjaValue> items, JinjaListKind kind = JinjaListKind.List, JinjaOrigin? origin = null) : JinjaValue
{
    /// <summary>The items. Only <see cref="JinjaListMethods"/> changes them.</summary>
    public List<JinjaValue> Items { get; } = items;

    /// <summary>Which of them it is.</summary>
    public JinjaListKind Kind { get; } = kind;

    /// <summary>Where in the context it came from, if it did.</summary>
    public JinjaOrigin? Origin { get; } = origin;

    /// <inheritdoc/>
    public override string TypeName => Kind switch { JinjaListKind.List => "list", JinjaListKind.Tuple => "tuple", _ => "generator" };

    /// <inheritdoc/>
    public override bool IsTrue => Items.Count > 0 || Kind == JinjaListKind.Generator;

    /// <inheritdoc/>
    public override JinjaValue? Attribute(string name) => JinjaListMethods.Find(this, name);
}
