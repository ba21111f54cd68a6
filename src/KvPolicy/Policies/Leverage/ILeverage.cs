namespace CurKv.KvPolicy.Policies.Leverage;

/// <summary>Measures how much each token weighs among its head's keys and among its values.</summary>
internal interface ILeverage
{
    /// <summary>What <see cref="MeasureKeys"/> reads.</summary>
    KvPolicyInputs KeyInputs { get; }

    /// <summary>What <see cref="MeasureValues"/> reads.</summary>
    KvPolicyInputs ValueInputs { get; }

    /// <summary>Measures every token's key.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="weights">Receives <c>[heads][tokens]</c>: not negative, and not finite where a token's row is not.</param>
    void MeasureKeys(in KvLayer layer, Span<float> weights);

    /// <summary>Measures every token's value.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="weights">Receives <c>[heads][tokens]</c>: not negative, and not finite where a token's row is not.</param>
    void MeasureValues(in KvLayer layer, Span<float> weights);
}
