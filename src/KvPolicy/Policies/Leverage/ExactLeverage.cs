using System.Buffers;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;

namespace CurKv.KvPolicy.Policies.Leverage;

/// <summary>True leverage scores, with a small ridge: they sum to the rank of the keys or values.</summary>
internal sealed class ExactLeverage : RowLeverage
{
    public override void Measure(in KvTensor tensor, Span<float> weights)
    {
        using var block = new RowBlock(tensor.Heads, tensor.HeadDimension);
        var whitening = new Projection(tensor.HeadDimension, tensor.HeadDimension, tensor.Heads, upperTriangular: true);
        int length = block.Stride * block.Stride;
        double[] buffer = ArrayPool<double>.Shared.Rent((tensor.Heads + 1) * length);
        Span<double> grams = buffer.AsSpan(0, tensor.Heads * length);
        Span<double> scratch = buffer.AsSpan(grams.Length, length);
        Gram.Compute(tensor, block, grams);
        for (int head = 0; head < tensor.Heads; head++)
        {
            Whitening.Fit(grams.Slice(head * length, length), scratch, whitening, head);
        }

        ArrayPool<double>.Shared.Return(buffer);
        ProjectedNorms.Compute(tensor, whitening, block, weights);
    }
}
