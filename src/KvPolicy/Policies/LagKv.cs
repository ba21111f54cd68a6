using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Policies;

/// <summary>Keeps the tokens that the tokens after them would not lead to expect (LagKV, arXiv 2504.04704).</summary>
/// <remarks>
/// <para>
/// The tokens after the sinks are cut into partitions. Each row is put in relation to the least and greatest elements of the next
/// partition, channel by channel; the standard deviation over the channels, through a softmax over the partition, is its weight, and
/// the weights of key and value are averaged. By default tokens are then ranked within their partition, so that every partition keeps
/// equally many. The sinks, the last whole partition and what follows it score 1, as high as can be. Prompts shorter than the sinks
/// and two partitions keep the most recent tokens.
/// </para>
/// <para>
/// Single channels are compared, so a cache that rotates keys or values is refused. A token whose key or value holds NaN or an
/// infinity is evicted first. Instances are immutable and safe to use from several threads.
/// </para>
/// </remarks>
public sealed class LagKv : IKvPolicy
{
    internal const int DefaultLag = 128;

    /// <summary>Creates the policy.</summary>
    /// <param name="lag">Tokens in a partition, at least 1; 128 by default.</param>
    /// <param name="crossed">Whether the weights themselves are compared across partitions, instead of ranks within each.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="lag"/> is below 1.</exception>
    public LagKv(int lag = DefaultLag, bool crossed = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lag, 1);
        Lag = lag;
        Crossed = crossed;
        Name = KvPolicyText.Call("lagkv", KvPolicyText.Argument("lag", lag, DefaultLag), KvPolicyText.Argument("crossed", crossed, false));
    }

    /// <summary>Tokens in a partition.</summary>
    public int Lag { get; }

    /// <summary>Whether the weights themselves are compared across partitions.</summary>
    public bool Crossed { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => KvPolicyInputs.Keys | KvPolicyInputs.Values | KvPolicyInputs.PlainElements;

    /// <inheritdoc/>
    public void Score(in KvLayer layer, Span<float> scores)
    {
        int sinks = Math.Min(layer.Sinks, layer.Tokens);
        int partitions = (layer.Tokens - sinks) / Lag;
        int tail = sinks;
        if (partitions < 2)
        {
            RankByAge(layer, sinks, scores);
        }
        else
        {
            tail += (partitions - 1) * Lag;
            Weigh(layer, sinks, partitions, scores);
            for (int head = 0; head < layer.Heads; head++)
            {
                Span<float> row = scores.Slice(head * layer.Tokens, layer.Tokens);
                row[..sinks].Fill(1);
                row[tail..].Fill(1);
            }
        }

        EvictNonFinite(layer.Keys, sinks, tail, scores);
        EvictNonFinite(layer.Values, sinks, tail, scores);
    }

    private static void RankByAge(in KvLayer layer, int sinks, Span<float> scores)
    {
        for (int head = 0; head < layer.Heads; head++)
        {
            Span<float> row = scores.Slice(head * layer.Tokens, layer.Tokens);
            row[..sinks].Fill(1);
            for (int token = sinks; token < row.Length; token++)
            {
                row[token] = (float)(token - sinks) / (row.Length - sinks);
            }
        }
    }

    private void Weigh(in KvLayer layer, int start, int partitions, Span<float> scores)
    {
        float[] buffer = ArrayPool<float>.Shared.Rent(scores.Length);
        int[] order = ArrayPool<int>.Shared.Rent(Lag);
        Span<float> values = buffer.AsSpan(0, scores.Length);
        LagDeviations.Compute(layer.Keys, start, Lag, partitions, scores);
        LagDeviations.Compute(layer.Values, start, Lag, partitions, values);
        for (int head = 0; head < layer.Heads; head++)
        {
            for (int partition = 0; partition < partitions - 1; partition++)
            {
                int first = (head * layer.Tokens) + start + (partition * Lag);
                Join(scores.Slice(first, Lag), values.Slice(first, Lag), order.AsSpan(0, Lag));
            }
        }

        ArrayPool<int>.Shared.Return(order);
        ArrayPool<float>.Shared.Return(buffer);
    }

    /// <summary>Turns one partition's deviations into scores.</summary>
    private void Join(Span<float> keys, Span<float> values, Span<int> order)
    {
        SoftMax(keys);
        SoftMax(values);
        TensorPrimitives.Add(keys, values, keys);
        TensorPrimitives.Divide(keys, 2, keys);
        if (Crossed)
        {
            return;
        }

        RankOrder.Compute(keys, order);
        for (int i = 0; i < order.Length; i++)
        {
            keys[order[i]] = float.IsFinite(keys[order[i]]) ? (float)(Lag - 1 - i) / Lag : float.NegativeInfinity;
        }
    }

    /// <summary>The softmax over the finite deviations; the others become negative infinity.</summary>
    [MethodImpl(Hot.Loop)]
    private static void SoftMax(Span<float> deviations)
    {
        float most = 0;
        foreach (float deviation in deviations)
        {
            most = float.IsFinite(deviation) ? Math.Max(most, deviation) : most;
        }

        float sum = 0;
        foreach (ref float deviation in deviations)
        {
            deviation = float.IsFinite(deviation) ? MathF.Exp(deviation - most) : float.NegativeInfinity;
            sum += Math.Max(deviation, 0);
        }

        foreach (ref float weight in deviations)
        {
            weight /= sum;
        }
    }

    /// <summary>Looks after the rows outside the partitions, which no weight has been computed from.</summary>
    private static void EvictNonFinite(in KvTensor tensor, int sinks, int tail, Span<float> scores)
    {
        using var block = new RowBlock(tensor.Heads, tensor.HeadDimension);
        EvictNonFinite(tensor, 0, sinks, block, scores);
        EvictNonFinite(tensor, tail, tensor.Tokens, block, scores);
    }

    private static void EvictNonFinite(in KvTensor tensor, int start, int end, RowBlock block, Span<float> scores)
    {
        for (int token = start; token < end; token += RowBlock.Capacity)
        {
            block.Read(tensor, token);
            for (int head = 0; head < tensor.Heads; head++)
            {
                for (int row = 0; row < Math.Min(block.Count, end - token); row++)
                {
                    if (!FiniteRow.Test(block.Row(head, row)))
                    {
                        scores[(head * tensor.Tokens) + token + row] = float.NegativeInfinity;
                    }
                }
            }
        }
    }
}
