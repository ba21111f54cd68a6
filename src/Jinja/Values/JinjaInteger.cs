using System.Numerics;

namespace CurKv.Jinja.Values;

/// <summary>An integer. Python's have no fixed size, so these have none but the limit.</summary>
/// <param name="value">The number.</param>
internal sealed class JinjaInteger(BigInteger value) : JinjaValue
{
    /// <summary>The number.</summary>
    public BigInteger Value { get; } = value;

    /// <inheritdoc/>
    public override string TypeName => "int";

    /// <inheritdoc/>
    public override bool IsTrue => !Value.IsZero;
}
