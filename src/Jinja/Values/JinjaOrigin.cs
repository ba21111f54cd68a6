using System.Globalization;

namespace CurKv.Jinja.Values;

/// <summary>Where in the context a value came from. The path is put together only when it is asked for.</summary>
internal sealed class JinjaOrigin
{
    private readonly JinjaOrigin? _parent;
    private readonly string? _name;
    private readonly int _index;
    private string? _path;

    /// <summary>A member of an object; of the context itself where there is no parent.</summary>
    public JinjaOrigin(JinjaOrigin? parent, string name) => (_parent, _name) = (parent, name);

    /// <summary>An item of a list.</summary>
    public JinjaOrigin(JinjaOrigin parent, int index) => (_parent, _index) = (parent, index);

    /// <inheritdoc/>
    public override string ToString() => _path ??= _name is null
        ? string.Create(CultureInfo.InvariantCulture, $"{_parent}[{_index}]")
        : _parent is null ? _name : $"{_parent}.{_name}";
}
