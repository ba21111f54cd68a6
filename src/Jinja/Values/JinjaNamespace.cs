namespace CurKv.Jinja.Values;

/// <summary>What <c>namespace()</c> makes: the only thing whose attributes a template can set, from within loops too.</summary>
internal sealed class JinjaNamespace : JinjaValue
{
    /// <summary>The attributes.</summary>
    public Dictionary<string, JinjaValue> Attributes { get; } = [];

    /// <inheritdoc/>
    public override string TypeName => "Namespace";

    /// <inheritdoc/>
    public override JinjaValue? Attribute(string name) => Attributes.GetValueOrDefault(name);
}
