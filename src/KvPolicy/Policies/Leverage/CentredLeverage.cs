using System.Numerics.Tensors;

namespace CurKv.KvPolicy.Policies.Leverage;

/// <summary>Keys by their distance from the mean key, values by a power of their norm.</summary>
internal sealed class CentredLeverage(double valueExponent) : ILeverage
{
    // The default: two square roots take less time than a power.
    private const double FourthRoot = 0.25;

    public KvPolicyInputs KeyInputs => KvPolicyInputs.CentredKeyNorms;

    public KvPolicyInputs ValueInputs => KvPolicyInputs.ValueNorms;

    public void MeasureKeys(in KvLayer layer, Span<float> weights) =>
        layer.MeasureCentredKeyNorms(Math.Min(layer.Sinks, layer.Tokens - 1), weights);

    public void MeasureValues(in KvLayer layer, Span<float> weights)
    {
        layer.MeasureValueNorms(weights);

        if (valueExponent == FourthRoot)
        {
            TensorPrimitives.Sqrt(weights, weights);
            TensorPrimitives.Sqrt(weights, weights);
        }
        else
        {
            TensorPrimitives.Pow(weights, (float)valueExponent, weights);
        }
    }
}
