namespace CurKv.Jinja.Values;

/// <summary>A variable or attribute that does not exist: prints nothing, counts as false, loops over nothing, and is an error where it is used otherwise.</summary>
/// <param name="reason">What does not exist.</param>
internal sealed class JinjaUndefined(string reason) : JinjaValue
{
    /// <inheritdoc/>
    public override string TypeName => "Undefined";

    /// <inheritdoc/>
    public override bool IsTrue => false;

    /// <summary>The error of using it.</summary>
    public JinjaException Error() => new(reason);
}
