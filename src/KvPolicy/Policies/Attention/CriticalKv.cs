using System.Buffers;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Policies.Attention;

/// <summary>
/// Refines another policy's scores by what the values become behind the output weights (CriticalKV, arXiv 2502.03805).
/// </summary>
/// <remarks>
/// <para>
/// A first share of the budget goes to the inner policy's best tokens: they score positive infinity. The others score
/// <c>(s + 1e-4)·‖v·W_O‖₁</c>, the norm averaged over the query heads that share a KV head. The inner scores should not be
/// negative, as attention's and <see cref="Leverage.CurDkv"/>'s are.
/// </para>
/// <para>
/// The norms cost as much arithmetic as the output projection of the whole prompt, <c>tokens · embedding · query heads · head
/// dimension</c> multiply-adds per layer: for 32 768 tokens of an 8-billion-parameter model half a trillion per layer. The layer's
/// weights are read once, into 4 bytes per element.
/// </para>
/// <para>
/// A token whose value holds NaN or an infinity is evicted first. Instances are immutable and safe to use from several threads if the
/// inner policy is.
/// </para>
/// </remarks>
public sealed class CriticalKv : IKvPolicy
{
    internal const double DefaultFirstShare = 0.5;

    // The paper's: a token that nothing attends to still ranks by its value.
    private const float Epsilon = 1e-4f;

    /// <summary>Creates the policy.</summary>
    /// <param name="inner">What scores the tokens at first.</param>
    /// <param name="firstShare">The share of the budget that the inner scores alone decide, from 0 to 1; 0.5 by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">The share is not in [0, 1].</exception>
    public CriticalKv(IKvPolicy inner, double firstShare = DefaultFirstShare)
    {
        ArgumentNullException.ThrowIfNull(inner);
        if (!(firstShare >= 0 && firstShare <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(firstShare), firstShare, "The first share of the budget must lie between 0 and 1.");
        }

        Inner = inner;
        FirstShare = firstShare;
        Name = KvPolicyText.Call("critical", inner.Name, KvPolicyText.Argument("first", firstShare, DefaultFirstShare));
    }

    /// <summary>What scores the tokens at first.</summary>
    public IKvPolicy Inner { get; }

    /// <summary>The share of the budget that the inner scores alone decide.</summary>
    /// <value>0.5 by default.</value>
    public double FirstShare { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => Inner.Inputs | KvPolicyInputs.Values | KvPolicyInputs.OutputWeights;

    /// <inheritdoc/>
    public int QueryWindow => Inner.QueryWindow;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The layer comes without output weights.</exception>
    public void Score(in KvLayer layer, Span<float> scores)
    {
        Inner.Score(layer, scores);
        float[] buffer = ArrayPool<float>.Shared.Rent(scores.Length);
        Span<float> norms = buffer.AsSpan(0, scores.Length);
        MeasureNorms(layer, norms);
        for (int head = 0; head < layer.Heads; head++)
        {
            Combine(layer, scores.Slice(head * layer.Tokens, layer.Tokens), norms.Slice(head * layer.Tokens, layer.Tokens));
        }

        ArrayPool<float>.Shared.Return(buffer);
    }

    private static void MeasureNorms(in KvLayer layer, Span<float> norms)
    {
        IKvOutputWeights weights = layer.Tensors.OutputWeights
            ?? throw new InvalidOperationException(
                $"Layer {layer.Index} comes without the model's output weights: choose a policy that needs none.");
        int length = checked(weights.Embedding * weights.Inputs);
        float[] buffer = ArrayPool<float>.Shared.Rent(length);
        weights.Read(layer.Index, buffer.AsSpan(0, length));
        OutputNorms.Compute(layer.Values, layer.Tensors.ValueRotation, buffer.AsSpan(0, length), weights.Embedding, norms);
        ArrayPool<float>.Shared.Return(buffer);
    }

    private void Combine(in KvLayer layer, Span<float> scores, ReadOnlySpan<float> norms)
    {
        int[] buffer = ArrayPool<int>.Shared.Rent(layer.Tokens);

        // Where the scores decide the budget, there is none yet that a share could be taken of.
        int first = layer.Budget < layer.Tokens ? Share.Floor(FirstShare, layer.Budget) : 0;
        Span<int> order = buffer.AsSpan(0, layer.Tokens);
        RankOrder.Compute(scores, order);
        foreach (int token in order[..first])
        {
            // A budget beyond the tokens that can be kept at all reaches those that cannot.
            scores[token] = scores[token] > float.NegativeInfinity ? float.PositiveInfinity : float.NaN;
        }

        for (int token = 0; token < scores.Length; token++)
        {
            float score = scores[token] == float.PositiveInfinity ? scores[token] : (scores[token] + Epsilon) * norms[token];
            scores[token] = float.IsFinite(norms[token]) ? score : float.NaN;
        }

        ArrayPool<int>.Shared.Return(buffer);
    }
}
