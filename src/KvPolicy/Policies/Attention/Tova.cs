using System.Buffers;
using System.Numerics.Tensors;
using CurKv.KvPolicy.Kernels;

namespace CurKv.KvPolicy.Policies.Attention;

/// <summary>Keeps the tokens that the prompt's last query attends to most, the same for all heads (TOVA, arXiv 2401.06104).</summary>
/// <remarks>
/// The score is the mean attention probability over all query heads. The last token itself scores positive infinity. A token whose
/// key holds NaN or an infinity is evicted first, by the head whose key that is. Instances are immutable and safe to use from
/// several threads.
/// </remarks>
public sealed class Tova : IKvPolicy
{
    /// <inheritdoc/>
    public string Name => "tova";

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => KvPolicyInputs.Keys | KvPolicyInputs.WindowQueries;

    /// <inheritdoc/>
    public int QueryWindow => 1;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The layer comes without queries.</exception>
    public void Score(in KvLayer layer, Span<float> scores)
    {
        int rows = ObservedWindow.Rows(layer, QueryWindow);
        int tokens = layer.Tokens;
        int queryHeads = layer.Queries.Heads;
        float[] buffer = ArrayPool<float>.Shared.Rent((queryHeads + 1) * tokens);
        Span<float> attention = buffer.AsSpan(0, queryHeads * tokens);
        Span<float> mean = buffer.AsSpan(attention.Length, tokens);
        WindowAttention.Sum(layer.Keys, layer.Queries, rows, attention);
        for (int head = 0; head < layer.Heads; head++)
        {
            // Times zero, a NaN stays and all else goes.
            ReadOnlySpan<float> received = attention.Slice(head * (queryHeads / layer.Heads) * tokens, tokens);
            TensorPrimitives.Multiply(received, 0, scores.Slice(head * tokens, tokens));
        }

        mean.Clear();
        TensorPrimitives.MaxNumber(attention, 0, attention);
        for (int queryHead = 0; queryHead < queryHeads; queryHead++)
        {
            TensorPrimitives.Add(mean, attention.Slice(queryHead * tokens, tokens), mean);
        }

        TensorPrimitives.Divide(mean, queryHeads, mean);
        for (int head = 0; head < layer.Heads; head++)
        {
            TensorPrimitives.Add(scores.Slice(head * tokens, tokens), mean, scores.Slice(head * tokens, tokens));
        }

        ObservedWindow.Protect(layer, rows, scores);
        ArrayPool<float>.Shared.Return(buffer);
    }
}
