using System.Buffers;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Policies.Combined;

/// <summary>A policy's scores, each replaced by the mean over its token's neighbourhood: <c>pool(x)</c>.</summary>
/// <remarks>
/// A fact is several tokens long, and not each of them stands out by itself. Multiplied with a policy that judges tokens one by one,
/// as in <c>curdkv*pool(curdkv-norms)</c>, it keeps those that stand out among others that do. What lies outside the prompt counts
/// as zeros. The inner scores must not be negative. Positive infinity stays so and does not reach the neighbours, and a token that
/// is evicted first stays so. Instances are immutable and safe to use from several threads if the inner policy is.
/// </remarks>
public sealed class PooledPolicy : IKvPolicy
{
    internal const int DefaultSize = 9;

    private const int MaxTokens = 1023;

    /// <summary>Creates the policy.</summary>
    /// <param name="inner">What scores the tokens.</param>
    /// <param name="size">Tokens in a neighbourhood, odd, 1 to 1023; 9 by default, 1 does not pool.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size"/> is even or not in its range.</exception>
    public PooledPolicy(IKvPolicy inner, int size = DefaultSize)
    {
        ArgumentNullException.ThrowIfNull(inner);
        if (size is < 1 or > MaxTokens || int.IsEvenInteger(size))
        {
            throw new ArgumentOutOfRangeException(nameof(size), size, $"The neighbourhood must be an odd number of tokens from 1 to {MaxTokens}: {DefaultSize} is the default.");
        }

        Inner = inner;
        Size = size;
        Name = KvPolicyText.Call("pool", inner.Name, KvPolicyText.Argument("size", size, DefaultSize));
    }

    /// <summary>What scores the tokens.</summary>
    public IKvPolicy Inner { get; }

    /// <summary>Tokens in a neighbourhood.</summary>
    /// <value>9 by default.</value>
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
        Inner.Score(layer, scores);
        for (int head = 0; head < layer.Heads; head++)
        {
            Span<float> row = scores.Slice(head * layer.Tokens, layer.Tokens);
            if (row.Contains(float.PositiveInfinity))
            {
                PoolOthers(row);
            }
            else
            {
                Pooling.Average(row, Size);
            }
        }
    }

    private void PoolOthers(Span<float> row)
    {
        float[] buffer = ArrayPool<float>.Shared.Rent(row.Length);
        Span<float> inner = buffer.AsSpan(0, row.Length);
        row.CopyTo(inner);
        row.Replace(float.PositiveInfinity, 0);
        Pooling.Average(row, Size);
        for (int token = 0; token < row.Length; token++)
        {
            row[token] = inner[token] == float.PositiveInfinity ? float.PositiveInfinity : row[token];
        }

        ArrayPool<float>.Shared.Return(buffer);
    }
}
