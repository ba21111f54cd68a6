using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Leverage;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Policies;

public class CurDkvTests
{
    public static TheoryData<CurDkvVariant> Variants { get; } = [.. Enum.GetValues<CurDkvVariant>()];

    [Fact]
    public void Constructor_OptionOutOfRange_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new CurDkv(new CurDkvOptions { SketchColumns = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CurDkv(new CurDkvOptions { LocalWindow = new CurDkvWindow(0) }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CurDkv(new CurDkvOptions { Variant = (CurDkvVariant)9 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CurDkv(new CurDkvOptions { Combination = (CurDkvCombination)9 }));
        Assert.Throws<ArgumentNullException>(() => new CurDkv(new CurDkvOptions { LocalWindow = null! }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CurDkv(new CurDkvOptions { ValueExponent = 1.1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CurDkv(new CurDkvOptions { ValueExponent = double.NaN }));
    }

    [Theory]
    [InlineData(CurDkvVariant.Centred, CurDkvCombination.Product, KvPolicyInputs.CentredKeyNorms | KvPolicyInputs.ValueNorms)]
    [InlineData(CurDkvVariant.Centred, CurDkvCombination.Key, KvPolicyInputs.CentredKeyNorms)]
    [InlineData(CurDkvVariant.Norms, CurDkvCombination.Mean, KvPolicyInputs.KeyNorms | KvPolicyInputs.ValueNorms)]
    [InlineData(CurDkvVariant.Norms, CurDkvCombination.Value, KvPolicyInputs.ValueNorms)]
    [InlineData(CurDkvVariant.LocalNorms, CurDkvCombination.Key, KvPolicyInputs.KeyNorms)]
    [InlineData(CurDkvVariant.Sketch, CurDkvCombination.Product, KvPolicyInputs.Keys | KvPolicyInputs.Values)]
    [InlineData(CurDkvVariant.Exact, CurDkvCombination.Mean, KvPolicyInputs.Keys | KvPolicyInputs.Values)]
    [InlineData(CurDkvVariant.Exact, CurDkvCombination.Key, KvPolicyInputs.Keys)]
    [InlineData(CurDkvVariant.Sketch, CurDkvCombination.Value, KvPolicyInputs.Values)]
    public void Inputs_Combination_NamesWhatIsRead(CurDkvVariant variant, CurDkvCombination combination, KvPolicyInputs expected) =>
        Assert.Equal(expected, new CurDkv(new CurDkvOptions { Variant = variant, Combination = combination }).Inputs);

    [Theory]
    [MemberData(nameof(Variants))]
    public void Score_EveryHead_SumsToOne(CurDkvVariant variant)
    {
        using var keys = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 70, 3, 64, seed: 1);
        using var values = TestTensor.Random(KvElementType.F16, KvLayout.ChannelMajor, 70, 3, 64, seed: 2);

        float[] scores = Scoring.Score(new CurDkv(new CurDkvOptions { Variant = variant }), keys.View, values.View);

        Assert.All(scores.Chunk(70), head => Assert.Equal(1, head.Sum(), 1e-4f));
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Score_CacheOfZeros_IsFinite(CurDkvVariant variant)
    {
        using var zeros = new TestTensor(KvElementType.F16, KvLayout.TokenMajor, 40, 2, 32);

        float[] scores = Scoring.Score(new CurDkv(new CurDkvOptions { Variant = variant }), zeros.View, zeros.View);

        Assert.All(scores, score => Assert.True(float.IsFinite(score)));
    }

    [Theory]
    [InlineData(CurDkvVariant.Norms)]
    [InlineData(CurDkvVariant.Sketch)]
    [InlineData(CurDkvVariant.Exact)]
    public void Score_ZeroRow_RanksBelowOthers(CurDkvVariant variant)
    {
        using var keys = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 40, 1, 32, seed: 1);
        using var values = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 40, 1, 32, seed: 2);
        keys.SetRow(0, 11, _ => 0);

        float[] scores = Scoring.Score(new CurDkv(new CurDkvOptions { Variant = variant }), keys.View, values.View);

        Assert.Equal(0, scores[11]);
        Assert.Equal(1, scores.Count(score => score <= 0));
    }

    // Centred keys have a mean that such rows are left out of; CentredNormsTests has them.
    [Theory]
    [InlineData(CurDkvVariant.Norms)]
    [InlineData(CurDkvVariant.Sketch)]
    [InlineData(CurDkvVariant.LocalNorms)]
    [InlineData(CurDkvVariant.Exact)]
    public void Score_NonFiniteRows_RankLowestAndCountAsZeros(CurDkvVariant variant)
    {
        var policy = new CurDkv(new CurDkvOptions { Variant = variant });
        foreach (float bad in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            using var keys = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 40, 2, 32, seed: 1);
            using var values = TestTensor.Random(KvElementType.F16, KvLayout.ChannelMajor, 40, 2, 32, seed: 2);
            keys.Set(0, 11, 3, bad);
            values.Set(1, 33, 31, bad);

            float[] scores = Scoring.Score(policy, keys.View, values.View);
            keys.SetRow(0, 11, _ => 0);
            values.SetRow(1, 33, _ => 0);
            float[] ofZeros = Scoring.Score(policy, keys.View, values.View);

            Assert.Equal([11, 40 + 33], Enumerable.Range(0, scores.Length).Where(i => !float.IsFinite(scores[i])));
            Assert.All((int[])[11, 40 + 33], i => Assert.Equal(float.NegativeInfinity, scores[i]));
            ScoreAssert.Equal([.. ofZeros.Where((_, i) => float.IsFinite(scores[i]))], [.. scores.Where(float.IsFinite)]);
        }
    }

    [Fact]
    public void Score_Centred_IsTheDistanceFromTheMeanTimesAPowerOfTheValue()
    {
        // The sink lies apart and does not count: the mean is (2, 0), the squared distances 1, 0, 1 and 4.
        using var keys = TestTensor.Of([[[90, 0], [1, 0], [2, 0], [3, 0], [2, 2], [2, -2]]]);
        using var values = TestTensor.Of([[[1, 0], [2, 0], [1, 0], [4, 0], [1, 0], [1, 0]]]);
        var policy = new CurDkv(new CurDkvOptions { ValueExponent = 0.5 });
        float[] scores = new float[6];
        policy.Score(new KvLayer(0, new KvLayerTensors(keys.View, values.View), 3, Sinks: 1), scores);

        ScoreAssert.Equal([88 * 88, 1 * 2, 0, 1 * 4, 4, 4], [.. scores.Select(score => score / scores[4] * 4)]);
    }

    [Fact]
    public void Score_HugeFloats_RankOverflowLowest()
    {
        using var rows = TestTensor.Of([[[1, 0], [1e30f, 0], [2, 0]]]);

        float[] scores = Scoring.Score(new CurDkv(new CurDkvOptions { Variant = CurDkvVariant.Norms }), rows.View, rows.View);

        ScoreAssert.Equal([1 / 17f, float.NegativeInfinity, 16 / 17f], scores);
    }

    [Fact]
    public void Score_SameSketchSeed_GivesSameScores()
    {
        using var keys = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 40, 2, 64, seed: 1);
        using var values = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 40, 2, 64, seed: 2);

        float[] first = Scoring.Score(Sketch(7), keys.View, values.View);
        Assert.Equal(first, Scoring.Score(Sketch(7), keys.View, values.View));
        Assert.NotEqual(first, Scoring.Score(Sketch(8), keys.View, values.View));
    }

    [Fact]
    public void Measure_ManySketches_AverageToTheNorms()
    {
        using var keys = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 4, 1, 64, seed: 1);
        float[] norms = new float[4];
        new KvLayer(0, new KvLayerTensors(keys.View, default), 4, 0).MeasureKeyNorms(norms);

        double[] means = new double[4];
        for (ulong seed = 0; seed < 400; seed++)
        {
            float[] sketched = new float[4];
            new SketchLeverage(20, seed).Measure(keys.View, sketched);
            for (int token = 0; token < 4; token++)
            {
                means[token] += sketched[token] / 400;
            }
        }

        // A deviation of 32 % each: 1.6 % for the mean of 400.
        ScoreAssert.Equal(norms, [.. means.Select(mean => (float)mean)], relative: 0.06);
    }

    [Fact]
    public void Score_KeysAndValuesOfDifferentWidth_AreCombined()
    {
        using var keys = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 40, 2, 96, seed: 1);
        using var values = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 40, 2, 64, seed: 2);

        foreach (CurDkvVariant variant in Enum.GetValues<CurDkvVariant>())
        {
            float[] scores = Scoring.Score(new CurDkv(new CurDkvOptions { Variant = variant }), keys.View, values.View);

            Assert.All(scores.Chunk(40), head => Assert.Equal(1, head.Sum(), 1e-4f));
        }
    }

    [Fact]
    public void Score_WrongLength_Throws()
    {
        using var keys = new TestTensor(KvElementType.F16, KvLayout.TokenMajor, 4, 2, 32);

        Assert.Throws<ArgumentException>(() => new CurDkv().Score(new KvLayer(0, new KvLayerTensors(keys.View, keys.View), 2, 0), new float[9]));
    }

    private static CurDkv Sketch(ulong seed) => new(new CurDkvOptions { Variant = CurDkvVariant.Sketch, SketchSeed = seed });
}
