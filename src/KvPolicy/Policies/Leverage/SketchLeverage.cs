using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;

namespace CurKv.KvPolicy.Policies.Leverage;

/// <summary>Squared norms after a projection that keys and values share.</summary>
/// <param name="projection">Gives the projection for a head dimension.</param>
internal sealed class SketchLeverage(Func<int, Projection> projection) : RowLeverage
{
    public SketchLeverage(int columns, ulong seed)
        : this(headDimension => Projection.Gaussian(headDimension, columns, seed))
    {
    }

    public override void Measure(in KvTensor tensor, Span<float> weights)
    {
        using var block = new RowBlock(tensor.Heads, tensor.HeadDimension);
        ProjectedNorms.Compute(tensor, projection(tensor.HeadDimension), block, weights);
    }
}
