using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Kernels;

public class WindowAttentionTests
{
    private const int Heads = 2;
    private const int QueryHeads = 6;

    // Floats against doubles: a logit's rounding is the probability's relative error.
    private const double Tolerance = 2e-5;

    public static TheoryData<KvElementType, KvLayout, int, int> Shapes => TensorShapes.All();

    [Fact]
    public void Sum_NoQueries_Throws()
    {
        using var keys = new TestTensor(KvElementType.F32, KvLayout.TokenMajor, 4, Heads, 8);

        Assert.Throws<InvalidOperationException>(() => WindowAttention.Sum(keys.View, default, 0, []));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Compute_RandomKeys_EqualsScalarTwin(KvElementType type, KvLayout layout, int tokens, int headDimension)
    {
        using var keys = TestTensor.Random(type, layout, tokens, Heads, headDimension, seed: tokens + headDimension);
        KvQueries queries = TestQueries.Random(QueryHeads, 9, headDimension, seed: 3);

        AssertEqualsScalarTwin(keys.View, queries, Math.Min(5, tokens));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(8, 8)]
    [InlineData(9, 8)]
    [InlineData(64, 64)]
    [InlineData(64, 17)]
    [InlineData(100, 70)]
    public void Compute_AnyWindow_EqualsScalarTwin(int window, int rows)
    {
        using var keys = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 100, Heads, 32, seed: 1);

        AssertEqualsScalarTwin(keys.View, TestQueries.Random(QueryHeads, window, 32, seed: 2), rows);
    }

    [Theory]
    [InlineData(0.01f)]
    [InlineData(3)]
    public void Compute_OtherScale_EqualsScalarTwin(float scale)
    {
        using var keys = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 100, Heads, 32, seed: 1);

        AssertEqualsScalarTwin(keys.View, TestQueries.Random(QueryHeads, 12, 32, seed: 2) with { Scale = scale }, 12);
    }

    [Fact]
    public void Compute_LogitsBeyondExponentials_EqualsScalarTwin()
    {
        // Powers of 2 keep the logits exact: e to the 1000 overflows, and the maximum comes late.
        using var keys = new TestTensor(KvElementType.F32, KvLayout.TokenMajor, 200, Heads, 8);
        for (int head = 0; head < Heads; head++)
        {
            for (int token = 0; token < 200; token++)
            {
                int near = token;
                keys.SetRow(head, token, channel => channel == 0 ? 1024 + (near / 64f) : 0);
            }
        }

        var queries = new KvQueries(Enumerable.Repeat(1f, QueryHeads * 4 * 8).ToArray(), QueryHeads, 4, 8) { Scale = 1 };

        AssertEqualsScalarTwin(keys.View, queries, 4);
    }

    [Theory]
    [InlineData(KvElementType.F32)]
    [InlineData(KvElementType.F16)]
    [InlineData(KvElementType.BF16)]
    public void Compute_NonFiniteKeys_AreNaNAlone(KvElementType type)
    {
        foreach (float bad in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            using var keys = TestTensor.Random(type, KvLayout.TokenMajor, 100, Heads, 16, seed: 1);
            keys.Set(1, 3, 5, bad);
            keys.Set(1, 98, 0, bad);
            float[] sums = AssertEqualsScalarTwin(keys.View, TestQueries.Random(4, 12, 16, seed: 2), 12);

            Assert.Equal([203, 298, 303, 398], Enumerable.Range(0, sums.Length).Where(i => float.IsNaN(sums[i])));
        }
    }

    [Fact]
    public void Sum_NonFiniteQuery_AttendsToNothing()
    {
        using var keys = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 100, Heads, 16, seed: 1);
        float[] data = TestQueries.Random(Heads, 12, 16, seed: 2).Data.ToArray();
        data[20] = float.NaN;
        float[] sums = new float[Heads * 100];
        WindowAttention.Sum(keys.View, new KvQueries(data, Heads, 12, 16), 12, sums);

        Assert.Equal(11, sums[..100].Sum(sum => (double)sum), 1e-4);
        Assert.Equal(12, sums[100..].Sum(sum => (double)sum), 1e-4);
    }

    // Ranges begin and end within blocks and strips, and queries do not see all of the last one.
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Max_RandomKeys_EqualsScalarTwin(KvElementType type, KvLayout layout, int tokens, int headDimension)
    {
        using var keys = TestTensor.Random(type, layout, tokens, Heads, headDimension, seed: tokens + headDimension);
        KvQueries queries = TestQueries.Random(QueryHeads, Math.Min(9, tokens), headDimension, seed: 3);
        var chunk = new TokenRange(tokens / 5, (tokens / 5) + Math.Max(1, tokens / 2));

        AssertMaxEqualsScalarTwin(keys.View, queries, [new TokenRange(0, tokens / 9), chunk, new TokenRange(chunk.End, tokens)], chunk);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(70)]
    [InlineData(100)]
    public void Max_AnyWindow_EqualsScalarTwin(int window)
    {
        using var keys = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 300, Heads, 32, seed: 1);
        keys.Set(1, 3, 5, float.NaN);
        keys.Set(1, 60, 5, float.NaN);
        keys.Set(0, 250, 5, float.NaN);
        var chunk = new TokenRange(40, 171);

        float[] maxima = AssertMaxEqualsScalarTwin(
            keys.View, TestQueries.Random(QueryHeads, window, 32, seed: 2), [new TokenRange(0, 5), chunk, new TokenRange(190, 300)], chunk);

        Assert.Equal([(3, 20), (4, 20), (5, 20)], Enumerable.Range(0, maxima.Length).Where(i => float.IsNaN(maxima[i])).Select(i => Math.DivRem(i, chunk.Length)));
    }

    private static float[] AssertMaxEqualsScalarTwin(in KvTensor keys, KvQueries queries, TokenRange[] seen, TokenRange chunk)
    {
        float[] expected = new float[queries.Heads * chunk.Length];
        float[] actual = new float[expected.Length];
        ScalarWindowAttention.Max(keys, queries, seen, chunk, expected);
        WindowAttention.Max(keys, queries, seen, chunk, actual);
        ScoreAssert.Equal(expected, actual, Tolerance);
        return actual;
    }

    private static float[] AssertEqualsScalarTwin(in KvTensor keys, KvQueries queries, int rows)
    {
        float[] expected = new float[queries.Heads * keys.Tokens];
        float[] actual = new float[expected.Length];
        ScalarWindowAttention.Sum(keys, queries, rows, expected);
        WindowAttention.Sum(keys, queries, rows, actual);
        ScoreAssert.Equal(expected, actual, Tolerance);
        return actual;
    }
}
