using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Policies.Attention;

public class KvZipTests
{
    [Fact]
    public void Name_Always_IsKvZip() => Assert.Equal("kvzip", new KvZip().Name);

    [Fact]
    public void Inputs_Always_AreKeysAndTheSecondPass()
    {
        IKvPolicy policy = new KvZip();

        Assert.Equal(KvPolicyInputs.Keys | KvPolicyInputs.RepeatAttention, policy.Inputs);
        Assert.Equal(0, policy.QueryWindow);
    }

    [Fact]
    public void Score_NoQueries_Throws()
    {
        using var keys = new TestTensor(KvElementType.F32, KvLayout.TokenMajor, 4, 1, 8);

        Assert.Throws<InvalidOperationException>(() => Scoring.Score(new KvZip(), keys.View, default));
    }

    [Fact]
    public void Score_MoreQueriesThanTokens_AreTheHighestProbabilities()
    {
        using var keys = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 70, 2, 16, seed: 1);
        keys.Set(0, 5, 0, float.NaN);
        KvQueries queries = TestQueries.Random(6, 90, 16, seed: 2);
        float[] scores = new float[140];
        new KvZip().Score(new KvLayer(0, new KvLayerTensors(keys.View, default, queries), 20, 0), scores);

        float[] expected = [.. Enumerable.Range(0, 2).SelectMany(head => Highest(keys.View, queries, head))];
        expected[5] = float.NaN;
        ScoreAssert.Equal(expected, scores);
    }

    private static IEnumerable<float> Highest(KvTensor keys, KvQueries queries, int head)
    {
        double[][] probabilities = [.. Enumerable.Range(head * 3, 3).SelectMany(queryHead =>
            ScalarWindowAttention.Probabilities(keys, queries, queries.Window, causal: false, queryHead, _ => true))];
        return Enumerable.Range(0, keys.Tokens).Select(token => (float)probabilities.Max(row => row[token]));
    }
}
