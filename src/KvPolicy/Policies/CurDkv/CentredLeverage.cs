using System.Numerics.Tensors;
using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Policies;

/// <summary>Keys by their distance from the mean key, values by a power of their norm.</summary>
internal sealed class CentredLeverage(double valueExponent) : ILeverage
{
    public KvPolicyInputs KeyInputs => KvPolicyInputs.CentredKeyNorms;

    public KvPolicyInputs ValueInputs => KvPolicyInputs.ValueNorms;

    public void MeasureKeys(in KvLayer layer, Span<float> weights) =>
        layer.MeasureCentredKeyNorms(Math.Min(layer.Sinks, layer.Tokens - 1), weights);

    public void MeasureValues(in KvLayer layer, Span<float> weights)
    {
        layer.MeasureValueNorms(weights);

        // The default exponent has a shorter way.
        if (valueExponent == 0.25)
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
