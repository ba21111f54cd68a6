namespace CurKv.KvPolicy.Policies.Leverage;

/// <summary>The neighbourhoods of <see cref="CurDkvVariant.LocalNorms"/>: windows laid end to end over the tokens.</summary>
/// <param name="Tokens">The length of a window; 16 by default.</param>
/// <param name="DivideBySum">
/// Divides a window by its sum instead of its mean. A partial window of m tokens then weighs (length/m)² times too much; it
/// is there to reproduce published code.
/// </param>
/// <param name="AlignRight">Puts the partial window first instead of last.</param>
public sealed record CurDkvWindow(int Tokens = CurDkvWindow.DefaultTokens, bool DivideBySum = false, bool AlignRight = false)
{
    internal const int DefaultTokens = 16;

    /// <summary>What NVIDIA's kvpress does.</summary>
    public static CurDkvWindow KvPress { get; } = new(DivideBySum: true);

    /// <summary>What the code of the paper's authors does.</summary>
    public static CurDkvWindow Authors { get; } = new(DivideBySum: true, AlignRight: true);
}
