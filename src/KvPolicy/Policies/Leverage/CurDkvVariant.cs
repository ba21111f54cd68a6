namespace CurKv.KvPolicy.Policies.Leverage;

/// <summary>How <see cref="CurDkv"/> measures a token's weight among the keys and among the values.</summary>
public enum CurDkvVariant
{
    /// <summary>
    /// Keys by their squared distance from the head's mean key, with RoPE undone where it is known; values by a power of their
    /// squared norm (<see cref="CurDkvOptions.ValueExponent"/>). A common key direction says nothing about a token, and a
    /// rotated mean is blurred by the positions. Our own variant.
    /// </summary>
    Centred,

    /// <summary>Squared norms of the rows.</summary>
    Norms,

    /// <summary>
    /// Squared norms after a seeded Gaussian projection, as the paper has it: an unbiased estimate of <see cref="Norms"/>.
    /// </summary>
    Sketch,

    /// <summary>Squared norms, each relative to its neighbourhood, as the authors' code has it.</summary>
    LocalNorms,

    /// <summary>True (ridge) leverage scores: <c>xᵀ(XᵀX + λI)⁻¹x</c>.</summary>
    Exact,
}
