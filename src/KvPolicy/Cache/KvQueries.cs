namespace CurKv.KvPolicy.Cache;

/// <summary>The last queries of a prompt in one layer, after RoPE: <c>[query heads][window][head dimension]</c>, f32.</summary>
/// <remarks>
/// <para>
/// Query head <c>q</c> reads KV head <c>q / (query heads / KV heads)</c> (grouped-query attention). The window's last row is the last
/// cached token's query; each sees the tokens up to its own. A policy that wants fewer queries takes the last of them, and a prompt
/// shorter than the window has fewer.
/// </para>
/// <para>
/// For <see cref="Policies.Attention.KvZip.Observe"/> the rows are the tokens of a reconstruction pass, which follow the prompt. A query that holds NaN or an
/// infinity counts for nothing.
/// </para>
/// </remarks>
public readonly struct KvQueries
{
    /// <summary>Creates the block.</summary>
    /// <param name="data">The queries, row-major.</param>
    /// <param name="heads">The number of query heads.</param>
    /// <param name="window">The number of last prompt tokens whose queries these are.</param>
    /// <param name="headDimension">The number of elements in one query.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1.</exception>
    /// <exception cref="ArgumentException">The data does not have <c>heads · window · headDimension</c> elements.</exception>
    public KvQueries(ReadOnlyMemory<float> data, int heads, int window, int headDimension)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(headDimension, 1);
        if (data.Length != (long)heads * window * headDimension)
        {
            throw new ArgumentException($"{data.Length} numbers are not {heads} heads x {window} tokens x {headDimension}.", nameof(data));
        }

        Data = data;
        Heads = heads;
        Window = window;
        HeadDimension = headDimension;
    }

    /// <summary>The queries, row-major.</summary>
    public ReadOnlyMemory<float> Data { get; }

    /// <summary>The number of query heads; 0 where nothing was observed.</summary>
    public int Heads { get; }

    /// <summary>The number of last prompt tokens whose queries these are.</summary>
    public int Window { get; }

    /// <summary>The number of elements in one query.</summary>
    public int HeadDimension { get; }

    /// <summary>What products with keys are multiplied with before the softmax.</summary>
    /// <value>0 by default: 1/√(head dimension).</value>
    public float Scale { get; init; }

    /// <summary>One query head's rows: <c>[window][head dimension]</c>.</summary>
    /// <param name="head">The query head, from 0.</param>
    public ReadOnlySpan<float> Head(int head) => Data.Span.Slice(head * Window * HeadDimension, Window * HeadDimension);
}
