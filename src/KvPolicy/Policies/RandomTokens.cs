using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Policies;

/// <summary>Keeps tokens at random: what any other policy has to beat.</summary>
/// <param name="seed">The same seed keeps the same tokens, on every machine.</param>
/// <remarks>Reads nothing of the cache. Instances are immutable and safe to use from several threads.</remarks>
public sealed class RandomTokens(ulong seed = RandomTokens.DefaultSeed) : IKvPolicy
{
    internal const ulong DefaultSeed = 0;

    /// <summary><c>random</c>, and the seed where it is not 0: <c>random(seed=7)</c>.</summary>
    public string Name { get; } = KvPolicyText.Call("random", KvPolicyText.Argument("seed", seed, DefaultSeed));

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => KvPolicyInputs.None;

    /// <inheritdoc/>
    public void Score(in KvLayer layer, Span<float> scores)
    {
        for (int head = 0; head < layer.Heads; head++)
        {
            ulong key = seed ^ ((ulong)layer.Index << 48) ^ ((ulong)head << 40);
            Span<float> row = scores.Slice(head * layer.Tokens, layer.Tokens);
            for (int token = 0; token < row.Length; token++)
            {
                row[token] = (SplitMix64.Hash(key ^ (ulong)token) >> 40) / (float)(1 << 24);
            }
        }
    }
}
