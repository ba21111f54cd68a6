using CurKv.KvPolicy.Kernels;

namespace CurKv.KvPolicy;

/// <summary>Squared norms: what a sketch estimates, without its noise.</summary>
internal sealed class NormLeverage : RowLeverage
{
    public override void Measure(in KvTensor tensor, Span<float> weights) => SquaredNorms.Compute(tensor, weights);
}
