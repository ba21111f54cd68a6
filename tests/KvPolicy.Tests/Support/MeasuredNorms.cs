using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;

namespace CurKv.KvPolicy.Tests.Support;

/// <summary>Norms of layers that are in memory after all.</summary>
internal sealed class MeasuredNorms(params KvLayerTensors[] layers) : IKvNorms
{
    public void Keys(int layer, Span<float> squares) => SquaredNorms.Compute(layers[layer].Keys, squares);

    public void Values(int layer, Span<float> squares) => SquaredNorms.Compute(layers[layer].Values, squares);

    public void CentredKeys(int layer, int skip, Span<float> squares) => CentredNorms.Compute(layers[layer], skip, squares);
}
