namespace CurKv.KvPolicy.Policies.Leverage;

/// <summary>Settings of <see cref="CurDkv"/>.</summary>
public sealed class CurDkvOptions
{
    internal const double DefaultValueExponent = 0.25;
    internal const int DefaultSketchColumns = 20;
    internal const ulong DefaultSketchSeed = 0;

    /// <summary>How a token's weight is measured.</summary>
    /// <value><see cref="CurDkvVariant.Centred"/> by default.</value>
    public CurDkvVariant Variant { get; init; }

    /// <summary>How the keys' and the values' weights are joined.</summary>
    /// <value><see cref="CurDkvCombination.Product"/> by default.</value>
    public CurDkvCombination Combination { get; init; }

    /// <summary>The power of the values' squared norms in <see cref="CurDkvVariant.Centred"/>: 0 leaves them out, 1 is the full product.</summary>
    /// <value>0.25 by default.</value>
    public double ValueExponent { get; init; } = DefaultValueExponent;

    /// <summary>The number of columns that <see cref="CurDkvVariant.Sketch"/> projects to.</summary>
    /// <value>20 by default: a relative deviation of √(2/20) ≈ 32 % per factor.</value>
    public int SketchColumns { get; init; } = DefaultSketchColumns;

    /// <summary>The seed of <see cref="CurDkvVariant.Sketch"/>'s projection; the same seed gives the same scores.</summary>
    /// <value>0 by default.</value>
    public ulong SketchSeed { get; init; } = DefaultSketchSeed;

    /// <summary>The neighbourhoods of <see cref="CurDkvVariant.LocalNorms"/>.</summary>
    /// <value>Windows of 16 tokens, divided by their mean, by default.</value>
    public CurDkvWindow LocalWindow { get; init; } = new();
}
