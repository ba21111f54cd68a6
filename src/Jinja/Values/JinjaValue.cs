namespace CurKv.Jinja.Values;

/// <summary>A template's value. The types below are all that there are: no object of the host ever is one.</summary>
internal abstract class JinjaValue
{
    /// <summary>Python's name of the type, for errors.</summary>
    public abstract string TypeName { get; }

    /// <summary>Whether it counts as true.</summary>
    public virtual bool IsTrue => true;

    /// <summary>An attribute, as <c>value.name</c> finds it.</summary>
    /// <returns>The attribute, or null where there is none.</returns>
    public virtual JinjaValue? Attribute(string name) => null;
}
