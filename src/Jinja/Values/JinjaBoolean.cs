namespace CurKv.Jinja.Values;

/// <summary><c>true</c> or <c>false</c>; in arithmetic, one or zero.</summary>
internal sealed class JinjaBoolean : JinjaValue
{
    private JinjaBoolean(bool value) => IsTrue = value;

    /// <summary><c>true</c></summary>
    public static JinjaBoolean True { get; } = new(true);

    /// <summary><c>false</c></summary>
    public static JinjaBoolean False { get; } = new(false);

    /// <inheritdoc/>
    public override string TypeName => "bool";

    /// <inheritdoc/>
    public override bool IsTrue { get; }

    /// <summary>The value for a boolean.</summary>
    public static JinjaBoolean Of(bool value) => value ? True : False;
}
