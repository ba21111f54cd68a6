using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Attention;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Policies.Attention;

public sealed class KvZipTests : IDisposable
{
    private const int Tokens = 70;
    private const int Heads = 2;

    // The tokens of a second pass, behind the context.
    private const int Pass = 90;

    private readonly TestTensor _keys = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, Tokens, Heads, 16, seed: 1);
    private readonly TestTensor _keysWithPass = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, Tokens + Pass, Heads, 16, seed: 1);

    public void Dispose()
    {
        _keys.Dispose();
        _keysWithPass.Dispose();
    }

    [Fact]
    public void Name_Always_IsKvZip() => Assert.Equal("kvzip", new KvZip().Name);

    [Fact]
    public void Inputs_Always_AreTheSecondPass()
    {
        IKvPolicy policy = new KvZip();

        Assert.Equal(KvPolicyInputs.ReconstructionAttention, policy.Inputs);
        Assert.Equal(0, policy.QueryWindow);
    }

    [Fact]
    public void Score_NoSecondPassOrAnothers_Throws()
    {
        Assert.Throws<InvalidOperationException>(() => Scoring.Score(new KvZip(), _keys.View, default));
        Assert.Throws<ArgumentException>(() => Scoring.Score(new KvZip(), Layer(new float[(Heads * Tokens) - 1])));
    }

    [Fact]
    public void Score_Reconstruction_IsItsAttentionAndWhatIsNotFiniteIsEvicted()
    {
        float[] attention = [.. Enumerable.Range(0, Heads * Tokens).Select(i => i / 1000f)];
        (attention[3], attention[4], attention[5]) = (float.NaN, float.PositiveInfinity, float.NegativeInfinity);

        float[] scores = Scoring.Score(new KvZip(), Layer(attention));

        Assert.All(scores[3..6], score => Assert.False(score > float.NegativeInfinity));
        (attention[3], attention[4], attention[5]) = (scores[3], scores[4], scores[5]);
        Assert.Equal(attention, scores);
    }

    [Theory]
    [InlineData("kvzip*curdkv(combine=value)")]
    [InlineData("kvzip+snapkv(window=5)")]
    [InlineData("chunk(kvzip|keydiff)")]
    public void Select_Combined_ReadsBoth(string name)
    {
        KvQueries queries = Queries(6, 3);
        KvLayerTensors layer = new KvLayerTensors(_keys.View, _keys.View, queries) { ReconstructionAttention = Reconstruction.Observe(_keys.View, queries) };

        KvSelection selection = new KvSelector(KvPolicyCatalog.Default.Create(name)).Select(
            [layer], KvBudget.FromCells(9), new KvProtection(), TestContext.Current.CancellationToken);

        Assert.Equal(9, selection.Cells);
    }

    [Fact]
    public void Score_ProductWithValues_IsTheProduct()
    {
        float[] attention = Reconstruction.Observe(_keys.View, Queries(20, 3));
        KvLayerTensors layer = new KvLayerTensors(_keys.View, _keys.View) { ReconstructionAttention = attention };

        float[] values = Scoring.Score(KvPolicyCatalog.Default.Create("curdkv(combine=value)"), layer);

        ScoreAssert.Equal([.. attention.Zip(values, (a, b) => a * b)], Scoring.Score(KvPolicyCatalog.Default.Create("kvzip*curdkv(combine=value)"), layer));
    }

    [Fact]
    public void Observe_WhatDoesNotFit_Throws()
    {
        KvQueries queries = Queries(5, 2);

        Assert.Throws<ArgumentOutOfRangeException>(() => Observe(queries, -1, new TokenRange(5, 10)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Observe(queries, 0, new TokenRange(-1, 5)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Observe(queries, 0, new TokenRange(5, 5)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Observe(queries, 4, new TokenRange(3, 5)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Observe(queries, 0, new TokenRange(5, Tokens + 1)));
        Assert.Throws<ArgumentException>(() => KvZip.Observe(_keysWithPass.View, queries, 0, new TokenRange(0, 5), new float[(Heads * Tokens) - 1]));
        Assert.Throws<ArgumentException>(() => Observe(Queries(Pass + 1, 2), 0, new TokenRange(0, 5)));
        Assert.Throws<ArgumentException>(() => Observe(TestQueries.Random(3, 5, 16, seed: 1), 0, new TokenRange(0, 5)));
        Assert.Throws<ArgumentException>(() => Observe(TestQueries.Random(6, 5, 8, seed: 1), 0, new TokenRange(0, 5)));
        Assert.Throws<InvalidOperationException>(() => Observe(default, 0, new TokenRange(0, 5)));
    }

    [Theory]
    [InlineData(0, 0, Tokens, Pass)]
    [InlineData(4, 4, Tokens, Pass)]
    [InlineData(4, 11, 43, Pass)]
    [InlineData(0, 11, 43, 40)]
    public void Observe_Chunk_IsTheSoftmaxOverSinksChunkAndPass(int sinks, int start, int end, int window)
    {
        _keysWithPass.Set(0, 15, 0, float.NaN);
        KvQueries queries = Queries(window, 2);
        var chunk = new TokenRange(start, end);

        float[] maxima = Observe(queries, sinks, chunk);

        float[] expected = [.. Enumerable.Range(0, Heads).SelectMany(head => Highest(queries, head, sinks, chunk))];
        expected[15] = float.NaN;
        ScoreAssert.Equal(expected, maxima);
        Assert.Equal(Heads * chunk.Length, maxima.Count(highest => highest != 0));
    }

    [Fact]
    public void Observe_Again_RaisesTheChunkAlone()
    {
        var chunk = new TokenRange(11, 43);
        KvQueries queries = Queries(40, 4);
        float[] maxima = [.. Enumerable.Repeat(0.04f, Heads * Tokens)];
        KvZip.Observe(_keysWithPass.View, queries, 4, chunk, maxima);

        float[] expected = [.. Enumerable.Range(0, Heads).SelectMany(head => Highest(queries, head, 4, chunk).Select(highest => Math.Max(highest, 0.04f)))];
        ScoreAssert.Equal(expected, maxima);
        Assert.Contains(maxima[chunk.Start..chunk.End], highest => highest > 0.04f);
        Assert.Contains(maxima[chunk.Start..chunk.End], highest => highest == 0.04f);
    }

    [Fact]
    public void Observe_ChannelMajorKeys_EqualsTokenMajor()
    {
        float[][][] rows = Scoring.Rows(Heads, Tokens + 7, 16, seed: 8);
        using var byToken = TestTensor.Of(rows);
        using var byChannel = TestTensor.Of(rows, layout: KvLayout.ChannelMajor);
        float[] expected = new float[Heads * Tokens];
        float[] actual = new float[Heads * Tokens];
        KvZip.Observe(byToken.View, Queries(7, 5), 3, new TokenRange(9, 66), expected);
        KvZip.Observe(byChannel.View, Queries(7, 5), 3, new TokenRange(9, 66), actual);

        Assert.Equal(expected, actual);
    }

    private static KvQueries Queries(int window, int seed) => TestQueries.Random(6, window, 16, seed);

    private KvLayerTensors Layer(float[] attention) => new(_keys.View, default) { ReconstructionAttention = attention };

    private float[] Observe(KvQueries queries, int sinks, TokenRange chunk)
    {
        float[] maxima = new float[Heads * Tokens];
        KvZip.Observe(_keysWithPass.View, queries, sinks, chunk, maxima);
        return maxima;
    }

    /// <summary>By the definition: what of the softmax over the sinks, the chunk and the pass falls on the chunk.</summary>
    private IEnumerable<float> Highest(KvQueries queries, int head, int sinks, TokenRange chunk)
    {
        double[][] probabilities = [.. Enumerable.Range(head * 3, 3).SelectMany(queryHead => ScalarWindowAttention.Probabilities(
            _keysWithPass.View, queries, queries.Window, queryHead, token => token < sinks || (token >= chunk.Start && token < chunk.End) || token >= Tokens))];
        return Enumerable.Range(0, Tokens).Select(token => token >= chunk.Start && token < chunk.End ? (float)probabilities.Max(row => row[token]) : 0);
    }
}
