using System.Buffers;
using System.Numerics.Tensors;
using CurKv.KvPolicy.Kernels;

namespace CurKv.KvPolicy;

/// <summary>
/// Keeps the tokens without which the context cannot be repeated: each scores the highest attention probability that it receives
/// while the model does so (KVzip, arXiv 2505.23416).
/// </summary>
/// <remarks>
/// <para>
/// The layer's queries are those of a second pass. Running it is the caller's business: after the prompt, decode an instruction to
/// repeat it and the context itself, observe the queries, and remove the pass's own cells from the cache. The pass costs about one
/// more prefill; it is worth that where one document serves many questions, which need not be known.
/// </para>
/// <para>
/// The queries stand behind the context, so each sees all cached tokens; the softmax runs over these alone. The maximum is taken over
/// all queries and the query heads that share a KV head. A token whose key holds NaN or an infinity is evicted first. Instances are
/// immutable and safe to use from several threads.
/// </para>
/// </remarks>
public sealed class KvZip : IKvPolicy
{
    /// <inheritdoc/>
    public string Name => "kvzip";

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => KvPolicyInputs.Keys | KvPolicyInputs.SecondPassQueries;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The layer comes without queries.</exception>
    public void Score(in KvLayer layer, Span<float> scores)
    {
        int tokens = layer.Tokens;
        int group = layer.Queries.Heads / layer.Heads;
        float[] buffer = ArrayPool<float>.Shared.Rent(layer.Queries.Heads * tokens);
        Span<float> attention = buffer.AsSpan(0, layer.Queries.Heads * tokens);
        WindowAttention.Max(layer.Keys, layer.Queries, attention);
        scores.Clear();
        for (int queryHead = 0; queryHead < layer.Queries.Heads; queryHead++)
        {
            Span<float> score = scores.Slice(queryHead / group * tokens, tokens);
            TensorPrimitives.Max(score, attention.Slice(queryHead * tokens, tokens), score);
        }

        ArrayPool<float>.Shared.Return(buffer);
    }
}
