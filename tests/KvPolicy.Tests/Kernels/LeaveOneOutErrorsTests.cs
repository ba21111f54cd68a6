using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Kernels;

public class LeaveOneOutErrorsTests
{
    private const int Heads = 2;
    private const int QueryHeads = 4;

    [Theory]
    [InlineData(KvElementType.F32, KvLayout.TokenMajor, 1, 8, 8)]
    [InlineData(KvElementType.F32, KvLayout.ChannelMajor, 70, 7, 31)]
    [InlineData(KvElementType.F16, KvLayout.ChannelMajor, 130, 33, 64)]
    [InlineData(KvElementType.BF16, KvLayout.TokenMajor, 64, 80, 80)]
    [InlineData(KvElementType.Q8_0, KvLayout.TokenMajor, 129, 32, 64)]
    [InlineData(KvElementType.Q4_0, KvLayout.TokenMajor, 65, 64, 32)]
    public void Compute_RandomCache_EqualsScalarTwin(KvElementType type, KvLayout layout, int tokens, int keyDimension, int valueDimension)
    {
        using var keys = TestTensor.Random(type, KvLayout.TokenMajor, tokens, Heads, keyDimension, seed: tokens);
        using var values = TestTensor.Random(type, layout, tokens, Heads, valueDimension, seed: tokens + 1);

        AssertEqualsScalarTwin(keys.View, values.View, TestQueries.Random(QueryHeads, 11, keyDimension, seed: 3), Math.Min(11, tokens));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(9)]
    [InlineData(11)]
    [InlineData(14)]
    [InlineData(16)]
    [InlineData(18)]
    [InlineData(30)]
    public void Compute_TokenThatTakesNearlyAll_KeepsItsPrecision(float lead)
    {
        // Some token leads by so much that floats would round 1 − p to a few digits or to zero; others tie or come after it.
        using var keys = new TestTensor(KvElementType.F32, KvLayout.TokenMajor, 150, Heads, 8);
        using var values = TestTensor.Random(KvElementType.F32, KvLayout.TokenMajor, 150, Heads, 16, seed: 1);
        for (int token = 0; token < 150; token++)
        {
            int near = token;
            keys.SetRow(0, token, channel => channel == 0 ? (near == 77 ? lead + 4 : near % 4) : 0);
            keys.SetRow(1, token, channel => channel == 0 ? (near is 3 or 140 ? lead + 4 : near % 4) : 0);
        }

        var queries = new KvQueries(Enumerable.Repeat(1f, QueryHeads * 5 * 8).ToArray(), QueryHeads, 5, 8) { Scale = 1 };

        AssertEqualsScalarTwin(keys.View, values.View, queries, 5);
    }

    [Fact]
    public void Compute_NonFiniteRows_AreNaNAlone()
    {
        using var keys = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 90, Heads, 16, seed: 1);
        using var values = TestTensor.Random(KvElementType.F16, KvLayout.ChannelMajor, 90, Heads, 16, seed: 2);
        keys.Set(0, 88, 5, float.NaN);
        values.Set(1, 2, 15, float.PositiveInfinity);

        float[] errors = AssertEqualsScalarTwin(keys.View, values.View, TestQueries.Random(QueryHeads, 11, 16, seed: 3), 11);

        Assert.Equal([88, 92], Enumerable.Range(0, errors.Length).Where(i => float.IsNaN(errors[i])));
    }

    private static float[] AssertEqualsScalarTwin(in KvTensor keys, in KvTensor values, KvQueries queries, int rows)
    {
        float[] expected = new float[keys.Heads * keys.Tokens];
        float[] actual = new float[expected.Length];
        ScalarLeaveOneOutErrors.Compute(keys, values, queries, rows, expected);
        LeaveOneOutErrors.Compute(keys, values, queries, rows, actual);
        ScoreAssert.Equal(expected, actual, 1e-4);
        return actual;
    }
}
