using System.Buffers;
using System.Numerics.Tensors;
using CurKv.KvPolicy.Kernels;

namespace CurKv.KvPolicy.Policies.Attention;

/// <summary>Keeps the tokens that the prompt's last queries attend to, together with their neighbours (SnapKV, arXiv 2404.14469).</summary>
/// <remarks>
/// <para>
/// The score is the mean attention probability over the window, pooled along the tokens, then the mean over the query heads that
/// share a KV head. The window's own tokens score positive infinity and are kept as far as the budget reaches. The policy sees
/// what the prompt's end asks for: use it where the question stands there, not where it comes after eviction.
/// </para>
/// <para>
/// The width of the pool matters more than anything else: a question attends to a fact's key, and the fact's value comes some tokens
/// later. Costs two products of the window's queries with all keys per layer. A token whose key holds NaN or an infinity is
/// evicted first. Instances are immutable and safe to use from several threads.
/// </para>
/// </remarks>
public sealed class SnapKv : IKvPolicy
{
    internal const int DefaultWindow = ObservedWindow.DefaultRows;
    internal const int DefaultPool = 5;

    private const int MaxPool = 1023;

    /// <summary>Creates the policy.</summary>
    /// <param name="window">
    /// How many of the prompt's last queries look back, 1 to 4096; 64 by default. Fewer where the prompt is shorter.
    /// </param>
    /// <param name="pool">The width of the neighbourhood in tokens, odd, 1 to 1023; 5 by default, 1 does not pool.</param>
    /// <param name="pooling">How neighbours share their attention; by default they take the mean.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public SnapKv(int window = DefaultWindow, int pool = DefaultPool, SnapKvPooling pooling = SnapKvPooling.Average)
    {
        Window = ObservedWindow.Check(window);
        Pool = pool is >= 1 and <= MaxPool && int.IsOddInteger(pool)
            ? pool
            : throw new ArgumentOutOfRangeException(
                nameof(pool), pool, $"The pool must be an odd number of tokens from 1 to {MaxPool}: {DefaultPool} is the default.");
        Pooling = Enum.IsDefined(pooling)
            ? pooling
            : throw new ArgumentOutOfRangeException(nameof(pooling), pooling, "The pooling must be Average or Max.");
        Name = KvPolicyText.Call(
            "snapkv",
            KvPolicyText.Argument("window", window, DefaultWindow),
            KvPolicyText.Argument("pool", pool, DefaultPool),
            KvPolicyText.Argument("pooling", pooling, SnapKvPooling.Average));
    }

    /// <summary>How many of the prompt's last queries look back.</summary>
    /// <value>64 by default.</value>
    public int Window { get; }

    /// <summary>The width of the neighbourhood, in tokens.</summary>
    /// <value>5 by default.</value>
    public int Pool { get; }

    /// <summary>How neighbours share their attention.</summary>
    /// <value><see cref="SnapKvPooling.Average"/> by default.</value>
    public SnapKvPooling Pooling { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => KvPolicyInputs.Keys | KvPolicyInputs.WindowQueries;

    /// <inheritdoc/>
    public int QueryWindow => Window;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The layer comes without queries.</exception>
    public void Score(in KvLayer layer, Span<float> scores)
    {
        int rows = ObservedWindow.Rows(layer, Window);
        int tokens = layer.Tokens;
        float[] buffer = ArrayPool<float>.Shared.Rent(layer.Queries.Heads * tokens);
        Span<float> attention = buffer.AsSpan(0, layer.Queries.Heads * tokens);
        WindowAttention.Sum(layer.Keys, layer.Queries, rows, attention);
        scores.Clear();
        int group = layer.Queries.Heads / layer.Heads;
        for (int queryHead = 0; queryHead < layer.Queries.Heads; queryHead++)
        {
            Span<float> received = attention.Slice(queryHead * tokens, tokens);
            Span<float> score = scores.Slice(queryHead / group * tokens, tokens);

            // The window's own columns are not pooled: their attention would count for the tokens before them.
            PoolRow(received[..^rows]);
            TensorPrimitives.Add(score, received, score);
        }

        TensorPrimitives.Divide(scores, (float)rows * group, scores);
        ObservedWindow.Protect(layer, rows, scores);
        ArrayPool<float>.Shared.Return(buffer);
    }

    private void PoolRow(Span<float> row)
    {
        if (Pooling == SnapKvPooling.Max)
        {
            Numerics.Pooling.Max(row, Pool);
        }
        else
        {
            Numerics.Pooling.Average(row, Pool);
        }
    }
}
