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
/// Running the second pass is the caller's business: after the prompt, for one chunk of it after the other, decode an instruction to
/// repeat the chunk and the chunk itself, observe the queries, hand them to <see cref="Observe"/>, and remove the pass's own cells from
/// the cache. The pass costs about one more prefill; it is worth that where one document serves many questions, which need not be
/// known. What it leaves is <see cref="KvLayerTensors.RepeatAttention"/>: nothing else of the cache is read.
/// </para>
/// <para>
/// A token whose attention is not finite is evicted first. Instances are immutable and safe to use from several threads.
/// </para>
/// </remarks>
public sealed class KvZip : IKvPolicy
{
    /// <inheritdoc/>
    public string Name => "kvzip";

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => KvPolicyInputs.RepeatAttention;

    /// <summary>Raises the tokens of a chunk to the highest attention probability that the queries of its repetition give them.</summary>
    /// <remarks>
    /// The queries stand behind the context, so each sees the whole chunk. The softmax runs over the chunk's keys alone: as in the paper
    /// (arXiv 2505.23416), chunks keep the pass linear in the context's length. The authors' code lets the sinks and the pass's own
    /// tokens take part in the softmax; here they do not. A chunk of all tokens is the attention to the whole cache. The maximum is
    /// taken over all queries and the query heads that share a KV head. Needs 4 bytes per query head and token of the chunk.
    /// </remarks>
    /// <param name="keys">The layer's cached keys.</param>
    /// <param name="queries">The queries of the pass's tokens that repeat the chunk; all are used.</param>
    /// <param name="chunk">The tokens that are repeated, as indices into the cache.</param>
    /// <param name="maxima">
    /// <c>[KV heads][tokens]</c>, zeros at first; only the chunk's tokens are touched. NaN where a key holds NaN or an infinity.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The chunk is empty or not within the cache.</exception>
    /// <exception cref="ArgumentException">The queries do not fit the keys, or the maxima are not one per head and token.</exception>
    /// <exception cref="InvalidOperationException">There are no queries.</exception>
    public static void Observe(in KvTensor keys, in KvQueries queries, TokenRange chunk, Span<float> maxima)
    {
        Check(keys, queries, chunk, maxima);
        int group = queries.Heads / keys.Heads;
        int length = queries.Heads * chunk.Length;
        float[] buffer = ArrayPool<float>.Shared.Rent(length);
        Span<float> attention = buffer.AsSpan(0, length);
        WindowAttention.Max(keys.Slice(chunk), queries, attention);
        for (int queryHead = 0; queryHead < queries.Heads; queryHead++)
        {
            Span<float> highest = maxima.Slice((queryHead / group * keys.Tokens) + chunk.Start, chunk.Length);
            TensorPrimitives.Max(highest, attention.Slice(queryHead * chunk.Length, chunk.Length), highest);
        }

        ArrayPool<float>.Shared.Return(buffer);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The layer comes without the attention of a second pass.</exception>
    /// <exception cref="ArgumentException">The layer has not as many numbers as heads and tokens.</exception>
    public void Score(in KvLayer layer, Span<float> scores)
    {
        ReadOnlySpan<float> attention = layer.Tensors.RepeatAttention.Span;
        if (attention.IsEmpty)
        {
            throw new InvalidOperationException(
                $"Layer {layer.Index} comes without the attention of a second pass: repeat the context and observe it, or choose another policy.");
        }

        if (attention.Length != scores.Length)
        {
            throw new ArgumentException(
                $"Layer {layer.Index} has {attention.Length} numbers of a second pass over {layer.Heads} heads x {layer.Tokens} tokens.");
        }

        for (int i = 0; i < scores.Length; i++)
        {
            scores[i] = float.IsFinite(attention[i]) ? attention[i] : float.NaN;
        }
    }

    private static void Check(in KvTensor keys, in KvQueries queries, TokenRange chunk, ReadOnlySpan<float> maxima)
    {
        if (chunk.Start < 0 || chunk.Length < 1 || chunk.End > keys.Tokens)
        {
            throw new ArgumentOutOfRangeException(nameof(chunk), chunk, $"The chunk must hold at least one of the {keys.Tokens} cached tokens, and no others.");
        }

        if (maxima.Length != (long)keys.Heads * keys.Tokens)
        {
            throw new ArgumentException($"{maxima.Length} numbers are not {keys.Heads} heads x {keys.Tokens} tokens.", nameof(maxima));
        }

        if (queries.Heads == 0)
        {
            throw new InvalidOperationException("There are no queries of a second pass: observe them while the context is repeated.");
        }

        if (queries.Heads % keys.Heads != 0 || queries.HeadDimension != keys.HeadDimension)
        {
            throw new ArgumentException(
                $"{queries.Heads} query heads of {queries.HeadDimension} elements do not fit {keys.Heads} KV heads of {keys.HeadDimension}.", nameof(queries));
        }
    }
}
