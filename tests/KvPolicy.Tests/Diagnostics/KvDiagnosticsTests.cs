using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Diagnostics;
using CurKv.KvPolicy.Selection;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Diagnostics;

public sealed class KvDiagnosticsTests : IDisposable
{
    private const int Tokens = 150;
    private const int Heads = 2;

    private readonly TestTensor _keys = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, Tokens, Heads, 32, seed: 1);
    private readonly TestTensor _values = TestTensor.Random(KvElementType.F16, KvLayout.ChannelMajor, Tokens, Heads, 24, seed: 2);
    private readonly KvQueries _queries = TestQueries.Random(heads: 4, window: 11, headDimension: 32, seed: 3);

    public void Dispose()
    {
        _keys.Dispose();
        _values.Dispose();
    }

    [Fact]
    public void Measure_NullArgument_Throws()
    {
        Assert.Throws<ArgumentNullException>(() => Measure(null!, Selection(1, [0])));
        Assert.Throws<ArgumentNullException>(() => Measure([Layer()], null!));
    }

    [Fact]
    public void Measure_NoQueries_ThrowsWithTheLayer()
    {
        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() =>
            Measure([Layer(), new KvLayerTensors(_keys.View, _values.View)], Selection(2, [0])));

        Assert.Contains("layer 1", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Measure_NoValues_Throws() =>
        Assert.Throws<ArgumentException>(() => Measure([new KvLayerTensors(_keys.View, default, _queries)], Selection(1, [0])));

    [Fact]
    public void Measure_SelectionOfAnotherCache_Throws()
    {
        Assert.Throws<ArgumentException>(() => Measure([Layer(), Layer()], Selection(1, [0])));
        Assert.Throws<ArgumentException>(() => Measure([Layer()], new KvSelection(1, Heads + 1, 1)));
        Assert.Throws<ArgumentException>(() => Measure([Layer()], Selection(1, [0, Tokens])));
        Assert.Throws<ArgumentException>(() => Measure([Layer()], Selection(1, [5, 5])));
    }

    [Fact]
    public void Measure_Cancelled_Throws() => Assert.Throws<OperationCanceledException>(() =>
        KvDiagnostics.Measure([Layer()], Selection(1, [0]), new CancellationToken(canceled: true)));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(17)]
    public void Measure_EveryNthToken_EqualsDefinition(int step)
    {
        int[] kept = [.. Enumerable.Range(0, Tokens).Where(token => token % step == 0)];

        AssertEqualsDefinition(kept);
    }

    [Fact]
    public void Measure_KeptTokensThatNobodyAttendsTo_EqualsDefinition()
    {
        // What is kept has a logit 200 below what is not: relative to the same maximum all kept exponentials were zero.
        for (int head = 0; head < Heads; head++)
        {
            for (int token = 0; token < Tokens; token++)
            {
                int near = token;
                _keys.SetRow(head, token, channel => channel == 0 ? (near % 10 == 0 ? near % 30 / 10 : 200) : 0);
            }
        }

        var queries = new KvQueries(Enumerable.Repeat(1f, 4 * 5 * 32).ToArray(), 4, 5, 32) { Scale = 1 };

        AssertEqualsDefinition([.. Enumerable.Range(0, Tokens).Where(token => token % 10 == 0)], queries);
    }

    [Fact]
    public void Measure_NonFiniteRows_CountNeitherBeforeNorAfter()
    {
        _keys.Set(0, 140, 3, float.NaN);
        _values.Set(1, 20, 3, float.PositiveInfinity);

        AssertEqualsDefinition([.. Enumerable.Range(0, Tokens).Where(token => token % 4 == 0)]);
    }

    [Fact]
    public void Measure_CompressedCache_SeesEarlierCellsOnly()
    {
        // The last queries are the last cells' wherever these stand in the text.
        KvLayerTensors layer = Layer() with { Positions = TestPositions.Random(Heads, Tokens - 5, first: 900, seed: 4) };

        Assert.Equal(Measure([Layer()], Selection(1, [0, 70, 141]))[0, 1], Measure([layer], Selection(1, [0, 70, 141]))[0, 1]);
        Assert.Throws<ArgumentException>(() => Measure([layer with { Positions = new KvPositions([0], 1, 1) }], Selection(1, [0])));
    }

    [Fact]
    public void Measure_LaterTokensOnly_LosesAllForEarlierQueries()
    {
        KvEvictionLoss loss = Measure([Layer()], Selection(1, [Tokens - 1]));

        Assert.True(loss[0, 0].RetainedMass > 0);
        Assert.Equal(ScalarLoss.Measure(Layer(), 0, [Tokens - 1]).OutputError, loss[0, 0].OutputError, 1e-5);
    }

    [Fact]
    public void Measure_SeveralLayers_SumsUpThem()
    {
        KvLayerTensors other = Layer() with { Queries = TestQueries.Random(4, 11, 32, seed: 9) };
        KvEvictionLoss loss = Measure([Layer(), other, Layer()], Selection(3, [0, 9, 99, 149]));
        KvHeadLoss[] heads = [.. Enumerable.Range(0, 3).SelectMany(layer => Enumerable.Range(0, Heads).Select(head => loss[layer, head]))];

        Assert.Equal((3, Heads), (loss.Layers, loss.Heads));
        Assert.Equal(loss[0, 1], loss[2, 1]);
        Assert.NotEqual(loss[0, 1], loss[1, 1]);
        Assert.Equal(heads.Average(head => head.RetainedMass), loss.MeanRetainedMass);
        Assert.Equal(heads.Min(head => head.RetainedMass), loss.MinRetainedMass);
        Assert.Equal(heads.Average(head => head.OutputError), loss.MeanOutputError);
        Assert.Equal(heads.Max(head => head.OutputError), loss.MaxOutputError);
        Assert.InRange(loss.LayerOutputError(1), heads[2..4].Min(head => head.OutputError), heads[2..4].Max(head => head.OutputError));
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(1, 0)]
    [InlineData(0, -1)]
    [InlineData(0, Heads)]
    public void Indexer_NoSuchHead_Throws(int layer, int head)
    {
        KvEvictionLoss loss = Measure([Layer()], Selection(1, [0]));

        Assert.Throws<ArgumentOutOfRangeException>(() => loss[layer, head]);
    }

    [Fact]
    public void LayerOutputError_NoSuchLayer_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Measure([Layer()], Selection(1, [0])).LayerOutputError(1));

    private static KvEvictionLoss Measure(IReadOnlyList<KvLayerTensors> layers, KvSelection selection) =>
        KvDiagnostics.Measure(layers, selection, TestContext.Current.CancellationToken);

    private static KvSelection Selection(int layers, int[] kept)
    {
        var selection = new KvSelection(layers, Heads, kept.Length);
        for (int layer = 0; layer < layers; layer++)
        {
            for (int head = 0; head < Heads; head++)
            {
                kept.CopyTo(selection[layer, head]);
            }
        }

        return selection;
    }

    private void AssertEqualsDefinition(int[] kept, KvQueries? queries = null)
    {
        KvLayerTensors layer = Layer() with { Queries = queries ?? _queries };
        KvEvictionLoss loss = Measure([layer], Selection(1, kept));
        for (int head = 0; head < Heads; head++)
        {
            KvHeadLoss expected = ScalarLoss.Measure(layer, head, kept);
            Assert.Equal(expected.RetainedMass, loss[0, head].RetainedMass, 1e-5);
            Assert.Equal(expected.OutputError, loss[0, head].OutputError, 1e-5);
        }
    }

    private KvLayerTensors Layer() => new(_keys.View, _values.View, _queries);
}
