using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies.Leverage;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;
using CurKv.KvPolicy.Tests.Support;
using FsCheck;
using FsCheck.Xunit;

namespace CurKv.KvPolicy.Tests.Policies;

/// <summary>What holds for any cache.</summary>
public class CurDkvProperties
{
    [Property]
    public void Score_PermutedHeads_PermutesScores(CurDkvVariant variant, byte size, int seed)
    {
        int tokens = size + 1;
        float[][][] keyRows = Scoring.Rows(3, tokens, 8, seed);
        float[][][] valueRows = Scoring.Rows(3, tokens, 8, seed + 1);
        int[] order = [2, 0, 1];
        var policy = new CurDkv(new CurDkvOptions { Variant = variant });
        using var keys = TestTensor.Of(keyRows);
        using var values = TestTensor.Of(valueRows);
        using var permutedKeys = TestTensor.Of([.. order.Select(head => keyRows[head])]);
        using var permutedValues = TestTensor.Of([.. order.Select(head => valueRows[head])]);

        float[][] scores = [.. Scoring.Score(policy, keys.View, values.View).Chunk(tokens)];
        float[][] permuted = [.. Scoring.Score(policy, permutedKeys.View, permutedValues.View).Chunk(tokens)];

        Assert.Equal(order.Select(head => scores[head]), permuted);
    }

    [Property]
    public void Score_LocalNormsOfScaledKeys_AreUnchanged(byte size, int seed, byte scale)
    {
        float factor = (scale + 1) / 10f;
        float[][][] rows = Scoring.Rows(2, size + 1, 8, seed);
        var policy = new CurDkv(new CurDkvOptions { Variant = CurDkvVariant.LocalNorms });
        using var values = TestTensor.Of(Scoring.Rows(2, size + 1, 8, seed + 1));
        using var keys = TestTensor.Of(rows);
        using var scaledKeys = TestTensor.Of(
            [.. rows.Select(head => head.Select(row => row.Select(value => value * factor).ToArray()).ToArray())]);

        ScoreAssert.Equal(Scoring.Score(policy, keys.View, values.View), Scoring.Score(policy, scaledKeys.View, values.View));
    }

    [Property]
    public void Measure_ExactLeverage_SumsToTheRank(byte size, byte rankSeed, int seed)
    {
        // Rows with `rank` channels in use, and as many rows that are sure to be independent.
        const int Dimension = 8;
        int tokens = size + 1;
        int rank = Math.Min((rankSeed % Dimension) + 1, tokens);
        float[][] coefficients = Scoring.Rows(1, tokens, rank, seed)[0];
        for (int token = 0; token < rank; token++)
        {
            coefficients[token][token] += 4;
        }

        float[][] rows = [.. coefficients.Select(row => row.Concat(Enumerable.Repeat(0f, Dimension - rank)).ToArray())];
        using var tensor = TestTensor.Of([rows]);
        float[] weights = new float[tokens];
        new ExactLeverage().Measure(tensor.View, weights);

        Assert.Equal(rank, weights.Sum(weight => (double)weight), 1e-3);
    }

    [Property]
    public void Measure_ExactLeverageOfRotatedRows_IsUnchanged(byte size, int seed, double angle)
    {
        float turn = double.IsFinite(angle) ? (float)(angle % Math.Tau) : 1;
        float[][] rows = Scoring.Rows(1, size + 20, 8, seed)[0];
        float[][] rotated = [.. rows.Select(row => Rotate(row, MathF.Sin(turn), MathF.Cos(turn)))];
        float[] weights = new float[rows.Length];
        float[] rotatedWeights = new float[rows.Length];
        using var tensor = TestTensor.Of([rows]);
        using var rotatedTensor = TestTensor.Of([rotated]);
        new ExactLeverage().Measure(tensor.View, weights);
        new ExactLeverage().Measure(rotatedTensor.View, rotatedWeights);

        ScoreAssert.Equal(weights, rotatedWeights, relative: 1e-3, absolute: 1e-5);
    }

    [Property]
    public void Score_CentredOnRotatedKeys_EqualsPlainKeys(byte size, int seed, bool interleaved, byte run)
    {
        float[][][] rows = Scoring.Rows(2, size + 1, 32, seed);
        var policy = new CurDkv();
        var rotation = new HadamardRotation(1 << (run % 6));
        using var keys = TestTensor.Of(rows);
        using var rotated = TestTensor.Of(Scoring.Rotate(rows, rotation));
        using var values = TestTensor.Of(Scoring.Rows(2, size + 1, 32, seed + 1));
        var plain = new KvLayerTensors(keys.View, values.View, default, new RotaryEmbedding(10000, 32, interleaved));

        ScoreAssert.Equal(
            Scoring.Score(policy, plain), Scoring.Score(policy, plain with { Keys = rotated.View, KeyRotation = rotation }), 1e-4, 1e-7);
    }

    [Property]
    public void Select_NonFiniteRows_AreNeverKept(CurDkvVariant variant, KvElementType type, PositiveInt seed)
    {
        KvElementType element = type is KvElementType.Q8_0 or KvElementType.Q4_0 ? KvElementType.F16 : type;
        var random = new Random(seed.Get);
        using var keys = TestTensor.Random(element, KvLayout.TokenMajor, 60, 2, 32, seed.Get);
        using var values = TestTensor.Random(element, KvLayout.TokenMajor, 60, 2, 32, seed.Get + 1);
        int[] bad = [.. Enumerable.Range(0, 60).OrderBy(_ => random.Next()).Take(20)];
        float[] poisons = [float.NaN, float.PositiveInfinity, float.NegativeInfinity];
        foreach (int token in bad)
        {
            (random.Next(2) == 0 ? keys : values).Set(1, token, random.Next(32), poisons[random.Next(3)]);
        }

        KvSelection selection = new KvSelector(new CurDkv(new CurDkvOptions { Variant = variant }), 1)
            .Select([new KvLayerTensors(keys.View, values.View)], KvBudget.FromCells(40), KvProtection.None);

        Assert.Equal(Enumerable.Range(0, 60).Except(bad), selection[0, 1].ToArray());
    }

    private static float[] Rotate(float[] row, float sine, float cosine)
    {
        float[] rotated = new float[row.Length];
        for (int i = 0; i < row.Length; i += 2)
        {
            rotated[i] = (cosine * row[i]) - (sine * row[i + 1]);
            rotated[i + 1] = (sine * row[i]) + (cosine * row[i + 1]);
        }

        return rotated;
    }
}
