using System.Buffers;
using System.Numerics.Tensors;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;

namespace CurKv.KvPolicy.Policies.Attention;

/// <summary>
/// Keeps the tokens without which the context cannot be repeated: each scores the highest attention probability that it receives
/// while the model does so (KVzip, arXiv 2505.23416).
/// </summary>
/// <remarks>
/// <para>
/// Running the reconstruction pass is the caller's business: after the prompt, for one chunk of it after the other, decode an instruction to
/// repeat the chunk and the chunk itself, observe the queries of both, hand them to <see cref="Observe"/>, and remove the pass's own
/// cells from the cache. The sinks, which are to be protected, are not repeated. The pass costs about one more prefill; it is worth that where one document serves many questions, which need not be
/// known. What it leaves is <see cref="KvLayerTensors.ReconstructionAttention"/>: nothing else of the cache is read.
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
    public KvPolicyInputs Inputs => KvPolicyInputs.ReconstructionAttention;

    /// <summary>Raises the tokens of a chunk to the highest attention probability that the queries of its repetition give them.</summary>
    /// <remarks>
    /// As in the authors' code, the softmax runs over the sinks, the chunk and the pass's own tokens, of which each sees those up to
    /// itself. Leaving the rest of the context out of it keeps the pass linear in the context's length. The maximum is taken over all
    /// queries and the query heads that share a KV head. Needs 4 bytes per query head and token of the chunk.
    /// </remarks>
    /// <param name="keys">The layer's cached keys: the context's, and behind them those of the pass's own tokens.</param>
    /// <param name="queries">The queries of the last of the pass's tokens; all are used.</param>
    /// <param name="sinks">How many tokens at the context's start every query sees, whatever it repeats.</param>
    /// <param name="chunk">The tokens that are repeated, as indices into the cache, behind the sinks.</param>
    /// <param name="maxima">
    /// <c>[KV heads][tokens of the context]</c>, zeros at first; only the chunk's tokens are touched. NaN where a key holds NaN or an
    /// infinity.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than 0 sinks, or the chunk is empty or not between them and the context's end.</exception>
    /// <exception cref="ArgumentException">The queries do not fit the keys, or the maxima are not one per head and token of the context.</exception>
    /// <exception cref="InvalidOperationException">There are no queries.</exception>
    public static void Observe(in KvTensor keys, in KvQueries queries, int sinks, TokenRange chunk, Span<float> maxima)
    {
        int context = maxima.Length / keys.Heads;
        Check(keys, queries, sinks, chunk, maxima.Length);
        int group = queries.Heads / keys.Heads;
        int length = queries.Heads * chunk.Length;
        float[] buffer = ArrayPool<float>.Shared.Rent(length);
        Span<float> attention = buffer.AsSpan(0, length);
        WindowAttention.Max(keys, queries, [new TokenRange(0, sinks), chunk, new TokenRange(context, keys.Tokens)], chunk, attention);
        for (int queryHead = 0; queryHead < queries.Heads; queryHead++)
        {
            Span<float> highest = maxima.Slice((queryHead / group * context) + chunk.Start, chunk.Length);
            TensorPrimitives.Max(highest, attention.Slice(queryHead * chunk.Length, chunk.Length), highest);
        }

        ArrayPool<float>.Shared.Return(buffer);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The layer comes without the attention of a reconstruction pass.</exception>
    /// <exception cref="ArgumentException">The layer has not as many numbers as heads and tokens.</exception>
    public void Score(in KvLayer layer, Span<float> scores)
    {
        ReadOnlySpan<float> attention = layer.Tensors.ReconstructionAttention.Span;
        if (attention.IsEmpty)
        {
            throw new InvalidOperationException(
                $"Layer {layer.Index} comes without the attention of a reconstruction pass: repeat the context and observe it, or choose another policy.");
        }

        if (attention.Length != scores.Length)
        {
            throw new ArgumentException(
                $"Layer {layer.Index} has {attention.Length} numbers of a reconstruction pass over {layer.Heads} heads x {layer.Tokens} tokens.");
        }

        for (int i = 0; i < scores.Length; i++)
        {
            scores[i] = float.IsFinite(attention[i]) ? attention[i] : float.NaN;
        }
    }

    private static void Check(in KvTensor keys, in KvQueries queries, int sinks, TokenRange chunk, int maxima)
    {
        (int context, int rest) = Math.DivRem(maxima, keys.Heads);
        if (rest != 0 || context > keys.Tokens - queries.Window)
        {
            throw new ArgumentException(
                $"{maxima} numbers are not one for each of {keys.Heads} heads and each of the {keys.Tokens} cached tokens but the pass's own, which are {queries.Window} or more.", nameof(maxima));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(sinks);
        if (chunk.Start < sinks || chunk.Length < 1 || chunk.End > context)
        {
            throw new ArgumentOutOfRangeException(
                nameof(chunk), chunk, $"The chunk must hold at least one of the context's {context} tokens behind its {sinks} sinks, and no others.");
        }

        if (queries.Heads == 0)
        {
            throw new InvalidOperationException("There are no queries of a reconstruction pass: observe them while the context is repeated.");
        }

        if (queries.Heads % keys.Heads != 0 || queries.HeadDimension != keys.HeadDimension)
        {
            throw new ArgumentException(
                $"{queries.Heads} query heads of {queries.HeadDimension} elements do not fit {keys.Heads} KV heads of {keys.HeadDimension}.", nameof(queries));
        }
    }
}
