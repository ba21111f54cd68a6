using System.Numerics.Tensors;
using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Squared norms of every token of every head.</summary>
internal static class SquaredNorms
{
    /// <summary>Computes them in one pass over the memory.</summary>
    /// <param name="tensor">The keys or the values.</param>
    /// <param name="squares">Receives <c>[heads][tokens]</c>; NaN or infinity where a row holds either.</param>
    /// <exception cref="ArgumentException"><paramref name="squares"/> does not have one number per head and token.</exception>
    public static void Compute(in KvTensor tensor, Span<float> squares)
    {
        if (squares.Length != (long)tensor.Heads * tensor.Tokens)
        {
            throw new ArgumentException($"{squares.Length} scores are not {tensor.Heads} heads x {tensor.Tokens} tokens.", nameof(squares));
        }

        switch (tensor.Type)
        {
            case KvElementType.F32:
                ElementNorms<F32Element>.Compute(tensor, squares);
                break;
            case KvElementType.F16:
                ElementNorms<F16Element>.Compute(tensor, squares);
                Recheck(tensor, squares);
                break;
            case KvElementType.BF16:
                ElementNorms<BF16Element>.Compute(tensor, squares);
                break;
            case KvElementType.Q8_0:
                QuantisedNorms<Q8_0Block>.Compute(tensor, squares);
                break;
            case KvElementType.Q4_0:
                QuantisedNorms<Q4_0Block>.Compute(tensor, squares);
                break;
            default:
                throw new ArgumentException($"{tensor.Type} is not a cache element type.", nameof(tensor));
        }
    }

    /// <summary>Computes again, element by element, what may hold an infinity or a NaN (see <see cref="F16Element"/>).</summary>
    private static void Recheck(in KvTensor tensor, Span<float> squares)
    {
        if (squares.IsEmpty || TensorPrimitives.Max<float>(squares) < F16Element.Doubtful)
        {
            return;
        }

        for (int i = 0; i < squares.Length; i++)
        {
            if (!(squares[i] < F16Element.Doubtful))
            {
                squares[i] = ScalarSquaredNorms.Row(tensor, i / tensor.Tokens, i % tensor.Tokens);
            }
        }
    }
}
