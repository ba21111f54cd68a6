using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Policies.Leverage;

/// <summary>Measures keys and values alike, row by row.</summary>
internal abstract class RowLeverage : ILeverage
{
    public KvPolicyInputs KeyInputs => KvPolicyInputs.Keys;

    public KvPolicyInputs ValueInputs => KvPolicyInputs.Values;

    public void MeasureKeys(in KvLayer layer, Span<float> weights) => Measure(layer.Keys, weights);

    public void MeasureValues(in KvLayer layer, Span<float> weights) => Measure(layer.Values, weights);

    /// <inheritdoc cref="ILeverage.MeasureKeys" path="/param[@name='weights']"/>
    public abstract void Measure(in KvTensor tensor, Span<float> weights);
}
