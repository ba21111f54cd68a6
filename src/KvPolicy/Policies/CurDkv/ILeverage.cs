namespace CurKv.KvPolicy;

/// <summary>Measures how much each token weighs among its head's keys or values.</summary>
internal interface ILeverage
{
    /// <summary>Measures every token.</summary>
    /// <param name="tensor">The keys or the values of one layer.</param>
    /// <param name="weights">Receives <c>[heads][tokens]</c>: not negative, and not finite where a token's row is not.</param>
    void Measure(in KvTensor tensor, Span<float> weights);
}
