using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Policies.Combined;

/// <summary>Keeps runs of neighbouring tokens rather than single ones (ChunkKV, arXiv 2502.00299): <c>chunk(a)</c>.</summary>
/// <remarks>
/// <para>
/// Another policy's scores are summed over the layer's heads. Chunks, laid end to end from the first token, rank by the mean of
/// their tokens' sums; those that hold sinks come first. Whole chunks are kept, and of the one that does not fit any more its tokens
/// with the highest sums. All heads keep the same tokens.
/// </para>
/// <para>
/// The score is the negative position in this order, from −1 for the best chunk's best token. A token that the inner policy scores
/// positive infinity in any head is kept first, and the rest of its chunk next. One that it scores NaN or negative infinity in any
/// head is evicted first, in all heads, and does not enter the mean. Instances are immutable and safe to use from several threads if
/// the inner policy is.
/// </para>
/// </remarks>
public sealed class ChunkKv : IKvPolicy
{
    internal const int DefaultSize = 20;

    /// <summary>Creates the policy.</summary>
    /// <param name="inner">What scores the tokens.</param>
    /// <param name="size">Tokens in a chunk, at least 1; 20 by default.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size"/> is below 1.</exception>
    public ChunkKv(IKvPolicy inner, int size = DefaultSize)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        Inner = inner;
        Size = size;
        Name = KvPolicyText.Call("chunk", inner.Name, KvPolicyText.Argument("size", size, DefaultSize));
    }

    /// <summary>What scores the tokens.</summary>
    public IKvPolicy Inner { get; }

    /// <summary>Tokens in a chunk; the last chunk may be shorter.</summary>
    public int Size { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => Inner.Inputs;

    /// <inheritdoc/>
    public int QueryWindow => Inner.QueryWindow;

    /// <inheritdoc/>
    public void Score(in KvLayer layer, Span<float> scores)
    {
        int tokens = layer.Tokens;
        int chunks = (int)(((long)tokens + Size - 1) / Size);
        float[] floats = ArrayPool<float>.Shared.Rent(tokens + chunks);
        int[] integers = ArrayPool<int>.Shared.Rent(tokens + (2 * chunks));
        Span<float> sums = floats.AsSpan(0, tokens);
        Span<int> order = integers.AsSpan(0, tokens);
        Span<int> positions = integers.AsSpan(tokens, chunks);

        Inner.Score(layer, scores);
        SumHeads(layer, scores, sums);
        RankChunks(sums, layer.Sinks, floats.AsSpan(tokens, chunks), integers.AsSpan(tokens + chunks, chunks), positions);
        RankOrder.Compute(sums, order);
        RankTokens(sums, order, positions, scores[..tokens]);
        for (int head = 1; head < layer.Heads; head++)
        {
            scores[..tokens].CopyTo(scores[(head * tokens)..]);
        }

        ArrayPool<int>.Shared.Return(integers);
        ArrayPool<float>.Shared.Return(floats);
    }

    private static void SumHeads(in KvLayer layer, ReadOnlySpan<float> scores, Span<float> sums)
    {
        scores[..layer.Tokens].CopyTo(sums);
        for (int head = 1; head < layer.Heads; head++)
        {
            TensorPrimitives.Add(sums, scores.Slice(head * layer.Tokens, layer.Tokens), sums);
        }
    }

    /// <summary>Finds how many tokens lie in better chunks, for every chunk.</summary>
    private void RankChunks(ReadOnlySpan<float> sums, int sinks, Span<float> means, Span<int> order, Span<int> positions)
    {
        for (int chunk = 0; chunk < means.Length; chunk++)
        {
            means[chunk] = chunk < (sinks + Size - 1L) / Size ? float.PositiveInfinity : Mean(Chunk(sums, chunk));
        }

        RankOrder.Compute(means, order);
        int position = 0;
        foreach (int chunk in order)
        {
            positions[chunk] = position;
            position += Chunk(sums, chunk).Length;
        }
    }

    private ReadOnlySpan<float> Chunk(ReadOnlySpan<float> sums, int chunk)
    {
        ReadOnlySpan<float> rest = sums[(chunk * Size)..];
        return rest[..Math.Min(Size, rest.Length)];
    }

    private static float Mean(ReadOnlySpan<float> sums)
    {
        double total = 0;
        int count = 0;
        foreach (float sum in sums)
        {
            // NaN compares false.
            bool counts = sum > float.NegativeInfinity;
            total += counts ? sum : 0;
            count += counts ? 1 : 0;
        }

        return (float)(total / Math.Max(count, 1));
    }

    [MethodImpl(Hot.Loop)]
    private void RankTokens(ReadOnlySpan<float> sums, ReadOnlySpan<int> order, Span<int> positions, Span<float> scores)
    {
        foreach (int token in order)
        {
            int position = ++positions[token / Size];
            scores[token] = float.IsFinite(sums[token]) ? -position : sums[token];
        }
    }
}
