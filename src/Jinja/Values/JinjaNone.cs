namespace CurKv.Jinja.Values;

/// <summary><c>none</c>.</summary>
internal sealed class JinjaNone : JinjaValue
{
    private JinjaNone()
    {
    }

    /// <summary>The only one.</summary>
    public static JinjaNone Value { get; } = new();

    /// <inheritdoc/>
    public override string TypeName => "NoneType";

    /// <inheritdoc/>
    public override bool IsTrue => false;
}
