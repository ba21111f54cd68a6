using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>How much attention each cached token receives from each query head's queries.</summary>
/// <remarks>
/// Two passes over the keys: the softmaxes' denominators, then the probabilities (see <see cref="WindowLogits"/> for why).
/// </remarks>
internal static unsafe class WindowAttention
{
    /// <summary>Sums the probabilities of each query head's last queries, which see no later tokens.</summary>
    /// <param name="keys">The cached keys.</param>
    /// <param name="queries">The queries.</param>
    /// <param name="rows">How many of the last queries are used.</param>
    /// <param name="sums">Receives <c>[query heads][tokens]</c>; NaN for a token whose key is not finite.</param>
    public static void Sum(in KvTensor keys, in KvQueries queries, int rows, Span<float> sums) =>
        Compute(new WindowLogits(keys, queries, rows), [new TokenRange(0, keys.Tokens)], new TokenRange(0, keys.Tokens), largest: false, sums);

    /// <summary>Takes the highest probability that each token of a chunk has among a query head's queries, which see no later tokens.</summary>
    /// <param name="keys">The cached keys.</param>
    /// <param name="queries">The queries; all are used.</param>
    /// <param name="seen">The tokens over which the softmax runs: ranges without overlap, of which the chunk is one.</param>
    /// <param name="chunk">The chunk.</param>
    /// <param name="maxima">Receives <c>[query heads][tokens of the chunk]</c>; NaN for a token whose key is not finite.</param>
    public static void Max(in KvTensor keys, in KvQueries queries, ReadOnlySpan<TokenRange> seen, TokenRange chunk, Span<float> maxima) =>
        Compute(new WindowLogits(keys, queries, queries.Window), seen, chunk, largest: true, maxima);

    private static void Compute(WindowLogits logits, ReadOnlySpan<TokenRange> seen, TokenRange chunk, bool largest, Span<float> received)
    {
        using (logits)
        using (var softmax = new OnlineSoftmax(logits.QueryHeads * logits.Strips))
        {
            foreach (TokenRange range in seen)
            {
                Add(logits, range, softmax);
            }

            for (int token = chunk.Start; token < chunk.End; token += RowBlock.Capacity)
            {
                logits.Read(token, chunk.End);
                for (int queryHead = 0; queryHead < logits.QueryHeads; queryHead++)
                {
                    int first = (queryHead * chunk.Length) + token - chunk.Start;
                    Receive(logits, softmax, queryHead, largest, received.Slice(first, logits.Count));
                }
            }
        }
    }

    private static void Add(WindowLogits logits, TokenRange range, OnlineSoftmax softmax)
    {
        float* tile = stackalloc float[WindowLogits.TileLength];
        for (int token = range.Start; token < range.End; token += RowBlock.Capacity)
        {
            logits.Read(token, range.End);
            for (int index = 0; index < logits.QueryHeads * logits.Strips; index++)
            {
                logits.Compute(index / logits.Strips, index % logits.Strips, tile);
                softmax.Add(index, tile, logits.Count);
            }
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void Receive(WindowLogits logits, OnlineSoftmax softmax, int queryHead, bool largest, Span<float> received)
    {
        float* tile = stackalloc float[WindowLogits.TileLength];
        float* totals = stackalloc float[WindowLogits.TileLength];
        new Span<float>(totals, WindowLogits.TileLength).Clear();
        for (int strip = 0; strip < logits.Strips; strip++)
        {
            int index = (queryHead * logits.Strips) + strip;
            Vector256<float> inverses = softmax.Inverses(index);
            logits.Compute(queryHead, strip, tile);
            softmax.Exponentiate(index, tile, received.Length);
            for (int i = 0; i < received.Length * RowStrips.Width; i += RowStrips.Width)
            {
                Vector256<float> total = Vector256.Load(totals + i);
                Vector256<float> probabilities = Vector256.Load(tile + i) * inverses;
                (largest ? Vector256.Max(total, probabilities) : total + probabilities).Store(totals + i);
            }
        }

        int head = logits.HeadOf(queryHead);
        for (int row = 0; row < received.Length; row++)
        {
            Vector256<float> total = Vector256.Load(totals + (row * RowStrips.Width));
            received[row] = logits.IsExcluded(head, row) ? float.NaN : largest ? Largest(total) : Vector256.Sum(total);
        }
    }

    private static float Largest(Vector256<float> values)
    {
        Vector128<float> four = Vector128.Max(values.GetLower(), values.GetUpper());
        Vector128<float> two = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return Math.Max(two[0], two[1]);
    }
}
