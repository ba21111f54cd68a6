using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;

namespace CurKv.KvPolicy.Tests.Support;

/// <summary>Scores a single layer.</summary>
internal static class Scoring
{
    public static float[] Score(IKvPolicy policy, in KvTensor keys, in KvTensor values, int budget = 8, int sinks = 4) =>
        Score(policy, new KvLayerTensors(keys, values), budget, sinks);

    public static float[] Score(IKvPolicy policy, in KvLayerTensors tensors, int budget = 8, int sinks = 4)
    {
        float[] scores = new float[tensors.Keys.Heads * tensors.Keys.Tokens];
        policy.Score(new KvLayer(0, tensors, budget, sinks), scores);
        return scores;
    }

    /// <summary>Random rows <c>[heads][tokens][head dimension]</c> between −1 and 1.</summary>
    public static float[][][] Rows(int heads, int tokens, int headDimension, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, heads).Select(_ => Enumerable.Range(0, tokens)
            .Select(_ => Enumerable.Range(0, headDimension).Select(_ => (random.NextSingle() * 2) - 1).ToArray()).ToArray())];
    }

    /// <summary>The rows as a rotating cache stores them.</summary>
    public static float[][][] Rotate(float[][][] rows, HadamardRotation rotation) => [.. rows.Select(head => head.Select(row =>
    {
        float[] rotated = [.. row];
        rotation.Apply(rotated);
        return rotated;
    }).ToArray())];
}
