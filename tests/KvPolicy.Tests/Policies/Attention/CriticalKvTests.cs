using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Attention;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Policies.Attention;

public sealed class CriticalKvTests : IDisposable
{
    private const int Tokens = 50;
    private const int Embedding = 12;

    private readonly TestTensor _keys = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, Tokens, 2, 32, seed: 1);
    private readonly TestTensor _values = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, Tokens, 2, 32, seed: 2);
    private readonly TestOutputWeights _weights = TestOutputWeights.Random(Embedding, 4 * 32, seed: 3);

    public void Dispose()
    {
        _keys.Dispose();
        _values.Dispose();
    }

    [Fact]
    public void Constructor_NoPolicy_Throws() => Assert.Throws<ArgumentNullException>(() => new CriticalKv(null!));

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Constructor_ShareOutOfRange_Throws(double share) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new CriticalKv(new Tova(), share));

    [Fact]
    public void Name_Settings_AreTheInnerNameAndWhatDiffers()
    {
        Assert.Equal("critical(snapkv(window=32))", new CriticalKv(new SnapKv(32)).Name);
        Assert.Equal("critical(tova,first=0.25)", new CriticalKv(new Tova(), 0.25).Name);
    }

    [Fact]
    public void Inputs_Always_AreTheInnerOnesWithValuesAndWeights()
    {
        IKvPolicy policy = new CriticalKv(new SnapKv(20));

        Assert.Equal(new SnapKv().Inputs | KvPolicyInputs.Values | KvPolicyInputs.OutputWeights, policy.Inputs);
        Assert.Equal(20, policy.QueryWindow);
    }

    [Fact]
    public void Score_NoWeights_Throws() =>
        Assert.Throws<InvalidOperationException>(() => Scoring.Score(new CriticalKv(new KeyNorm()), _keys.View, _values.View));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.25, 2)]
    [InlineData(1, 10)]
    public void Score_FirstShare_IsTheBaseScoresBest(double share, int first)
    {
        float[] scores = Score(new CriticalKv(Rising(), share), budget: 10);

        IEnumerable<int> raised = Enumerable.Range(0, Tokens).Where(token => float.IsPositiveInfinity(scores[token]));
        Assert.Equal(Enumerable.Range(Tokens - first, first), raised);
    }

    [Fact]
    public void Score_Rest_IsBaseScoreTimesNorm()
    {
        float[] norms = new float[2 * Tokens];
        ScalarOutputNorms.Compute(_values.View, null, Elements(), Embedding, norms);

        ScoreAssert.Equal([.. norms.Select((norm, i) => ((i % Tokens) + 1e-4f) * norm)], Score(new CriticalKv(Rising(), 0), budget: 10));
    }

    [Fact]
    public void Score_RotatedValues_AreRotatedBackFirst()
    {
        var rotation = new HadamardRotation(32);
        float[] norms = new float[2 * Tokens];
        ScalarOutputNorms.Compute(_values.View, rotation, Elements(), Embedding, norms);
        float[] scores = Score(new CriticalKv(new FakePolicy((_, _, _) => 1), 0), budget: 10, rotation);

        ScoreAssert.Equal([.. norms.Select(norm => (1 + 1e-4f) * norm)], scores);
    }

    [Fact]
    public void Score_AnyLayer_ReadsItsWeightsOnce()
    {
        _ = Score(new CriticalKv(Rising()), budget: 10);

        Assert.Equal(1, _weights.Reads);
    }

    [Fact]
    public void Score_NonFiniteValuesAndScores_AreEvictedFirst()
    {
        _values.Set(0, 49, 3, float.NaN);
        _values.Set(1, 0, 3, float.PositiveInfinity);
        var inner = new FakePolicy((_, head, token) => token == 7 ? float.NaN : token == 8 ? float.NegativeInfinity : token);

        float[] scores = Score(new CriticalKv(inner), budget: Tokens);

        Assert.Equal([7, 8, 49, 50, 57, 58], Enumerable.Range(0, scores.Length).Where(i => !(scores[i] > float.NegativeInfinity)));
    }

    [Fact]
    public void Score_BudgetBeyondTheFiniteScores_DoesNotRaiseOthers()
    {
        var inner = new FakePolicy((_, _, token) => token < 7 ? float.NaN : token);

        float[] scores = Score(new CriticalKv(inner, 1), budget: Tokens - 1);

        Assert.All(scores[..7], score => Assert.False(score > float.NegativeInfinity));
        Assert.All(scores[7..Tokens], score => Assert.True(float.IsPositiveInfinity(score)));
    }

    [Fact]
    public void Score_BudgetThatTheScoresDecide_HasNoFirstShare() =>
        Assert.All(Score(new CriticalKv(Rising()), budget: Tokens), score => Assert.True(float.IsFinite(score)));

    private static FakePolicy Rising() => new((_, _, token) => token);

    private float[] Elements()
    {
        float[] elements = new float[Embedding * _weights.Inputs];
        _weights.Read(0, elements);
        return elements;
    }

    private float[] Score(CriticalKv policy, int budget, HadamardRotation? rotation = null)
    {
        var tensors = new KvLayerTensors(_keys.View, _values.View) { OutputWeights = _weights, ValueRotation = rotation };
        float[] scores = new float[2 * Tokens];
        policy.Score(new KvLayer(0, tensors, budget, 0), scores);
        return scores;
    }
}
