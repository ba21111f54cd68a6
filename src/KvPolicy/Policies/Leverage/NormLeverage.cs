namespace CurKv.KvPolicy.Policies.Leverage;

/// <summary>Squared norms: what a sketch estimates, without its noise.</summary>
internal sealed class NormLeverage : ILeverage
{
    public KvPolicyInputs KeyInputs => KvPolicyInputs.KeyNorms;

    public KvPolicyInputs ValueInputs => KvPolicyInputs.ValueNorms;

    public void MeasureKeys(in KvLayer layer, Span<float> weights) => layer.MeasureKeyNorms(weights);

    public void MeasureValues(in KvLayer layer, Span<float> weights) => layer.MeasureValueNorms(weights);
}
