namespace CurKv.Jinja.Values;

/// <summary>A floating-point number.</summary>
/// <param name="value">The number.</param>
internal sealed class JinjaFloat(double value) : JinjaValue
{
    /// <summary>The number.</summary>
    public double Value { get; } = value;

    /// <inheritdoc/>
    public override string TypeName => "float";

    /// <inheritdoc/>
    public override bool IsTrue => Value != 0;
}
