using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;

namespace CurKv.KvPolicy.Policies;

/// <summary>What a policy sees of one layer.</summary>
/// <param name="Index">The layer, from 0.</param>
/// <param name="Tensors">What the layer has cached.</param>
/// <param name="Budget">How many tokens each head will keep; as many as there are where the scores decide.</param>
/// <param name="Sinks">How many first tokens are kept in any case.</param>
public readonly record struct KvLayer(int Index, KvLayerTensors Tensors, int Budget, int Sinks)
{
    /// <inheritdoc cref="KvLayerTensors.Keys"/>
    public KvTensor Keys => Tensors.Keys;

    /// <inheritdoc cref="KvLayerTensors.Values"/>
    public KvTensor Values => Tensors.Values;

    /// <inheritdoc cref="KvLayerTensors.Queries"/>
    public KvQueries Queries => Tensors.Queries;

    /// <summary>The number of cached tokens.</summary>
    public int Tokens => Keys.Tokens;

    /// <summary>The number of KV heads.</summary>
    public int Heads => Keys.Heads;

    /// <summary>Measures the keys' squared norms: for policies that declare <see cref="KvPolicyInputs.KeyNorms"/>.</summary>
    /// <param name="squares">Receives <c>[KV heads][tokens]</c>; NaN or infinity where a row holds either.</param>
    /// <exception cref="ArgumentException"><paramref name="squares"/> does not have one number per head and token.</exception>
    public void MeasureKeyNorms(Span<float> squares)
    {
        CheckLength(squares);
        if (Tensors.Norms is { } norms)
        {
            norms.Keys(Index, squares);
        }
        else
        {
            SquaredNorms.Compute(Keys, squares);
        }
    }

    /// <summary>Measures the values' squared norms: for policies that declare <see cref="KvPolicyInputs.ValueNorms"/>.</summary>
    /// <param name="squares">Receives <c>[KV heads][tokens]</c>; NaN or infinity where a row holds either.</param>
    /// <exception cref="ArgumentException"><paramref name="squares"/> does not have one number per head and token.</exception>
    public void MeasureValueNorms(Span<float> squares)
    {
        CheckLength(squares);
        if (Tensors.Norms is { } norms)
        {
            norms.Values(Index, squares);
        }
        else
        {
            SquaredNorms.Compute(Values, squares);
        }
    }

    /// <summary>
    /// Measures the keys' squared distances from their head's mean, with RoPE undone where it is known: for policies that declare
    /// <see cref="KvPolicyInputs.CentredKeyNorms"/>.
    /// </summary>
    /// <param name="skip">How many of the first cells the mean leaves out, below the number of tokens: sinks lie far from all others.</param>
    /// <param name="squares">Receives <c>[KV heads][tokens]</c>; NaN or infinity where a row holds either.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="skip"/> is negative, or leaves no token.</exception>
    /// <exception cref="ArgumentException"><paramref name="squares"/> does not have one number per head and token.</exception>
    public void MeasureCentredKeyNorms(int skip, Span<float> squares)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(skip);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(skip, Tokens);
        CheckLength(squares);
        if (Tensors.Norms is { } norms)
        {
            norms.CentredKeys(Index, skip, squares);
        }
        else
        {
            CentredNorms.Compute(Tensors, skip, squares);
        }
    }

    private void CheckLength(ReadOnlySpan<float> squares)
    {
        if (squares.Length != (long)Heads * Tokens)
        {
            throw new ArgumentException($"{squares.Length} numbers are not {Heads} heads x {Tokens} tokens.", nameof(squares));
        }
    }
}
