using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Policies.Attention;

namespace CurKv.KvPolicy.Tests.Support;

/// <summary>A second pass that repeats a context as a whole.</summary>
internal static class Reconstruction
{
    /// <summary>The highest attention of each of the context's tokens: <c>[KV heads][tokens]</c>.</summary>
    /// <param name="keys">The context's keys.</param>
    /// <param name="queries">The pass's queries; the keys of its tokens are random, and the same in all heads.</param>
    public static float[] Observe(KvTensor keys, in KvQueries queries)
    {
        float[][] own = Scoring.Rows(1, queries.Window, keys.HeadDimension, seed: 5)[0];
        float[][][] rows = [.. Enumerable.Range(0, keys.Heads).Select(head => (float[][])[.. Enumerable.Range(0, keys.Tokens).Select(token => Row(keys, head, token)), .. own])];
        using var all = TestTensor.Of(rows);
        float[] maxima = new float[keys.Heads * keys.Tokens];
        KvZip.Observe(all.View, queries, 0, new TokenRange(0, keys.Tokens), maxima);
        return maxima;
    }

    private static float[] Row(KvTensor keys, int head, int token) =>
        [.. Enumerable.Range(0, keys.HeadDimension).Select(channel => (float)ScalarElements.Read(keys, head, token, channel))];
}
