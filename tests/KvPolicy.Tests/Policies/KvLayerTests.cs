using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Policies;

public sealed class KvLayerTests : IDisposable
{
    private const int Tokens = 40;
    private const int Heads = 2;

    private static readonly RotaryEmbedding Rotary = new(10000, 32, Interleaved: true);

    private readonly TestTensor _keys = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, Tokens, Heads, 32, seed: 1);
    private readonly TestTensor _values = TestTensor.Random(KvElementType.F16, KvLayout.ChannelMajor, Tokens, Heads, 32, seed: 2);

    public void Dispose()
    {
        _keys.Dispose();
        _values.Dispose();
    }

    [Fact]
    public void Measure_WrongLength_Throws()
    {
        var given = new KvLayer(0, Tensors() with { Norms = new MeasuredNorms(Tensors()) }, 8, 4);
        var measured = new KvLayer(0, Tensors(), 8, 4);
        foreach (KvLayer layer in new[] { given, measured })
        {
            Assert.Throws<ArgumentException>(() => layer.MeasureKeyNorms(new float[79]));
            Assert.Throws<ArgumentException>(() => layer.MeasureValueNorms(new float[81]));
            Assert.Throws<ArgumentException>(() => layer.MeasureCentredKeyNorms(4, new float[79]));
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(Tokens)]
    public void MeasureCentredKeyNorms_SkipThatLeavesNone_Throws(int skip) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new KvLayer(0, Tensors(), 8, 4).MeasureCentredKeyNorms(skip, new float[Heads * Tokens]));

    [Fact]
    public void Measure_NormsGiven_AreThoseOfTheLayerAndEqualTheRowsOwn()
    {
        // The norms of layer 3 and no other's.
        KvLayerTensors[] layers = [default, default, default, Tensors()];
        var given = new KvLayer(3, Empty() with { Norms = new MeasuredNorms(layers), Rotary = Rotary }, 8, 4);
        var measured = new KvLayer(0, Tensors(), 8, 4);

        Assert.Equal(Measure(squares => measured.MeasureKeyNorms(squares)), Measure(squares => given.MeasureKeyNorms(squares)));
        Assert.Equal(Measure(squares => measured.MeasureValueNorms(squares)), Measure(squares => given.MeasureValueNorms(squares)));
        Assert.Equal(Measure(squares => measured.MeasureCentredKeyNorms(7, squares)), Measure(squares => given.MeasureCentredKeyNorms(7, squares)));
        Assert.Equal(3, new[] { Measure(squares => measured.MeasureKeyNorms(squares)), Measure(squares => measured.MeasureValueNorms(squares)), Measure(squares => measured.MeasureCentredKeyNorms(7, squares)) }.DistinctBy(squares => squares[9]).Count());
    }

    private static float[] Measure(Action<float[]> measure)
    {
        float[] squares = new float[Heads * Tokens];
        measure(squares);
        return squares;
    }

    private static unsafe KvLayerTensors Empty()
    {
        var shape = new KvTensor(null, KvElementType.F16, KvLayout.TokenMajor, Tokens, Heads, 32, Heads * 64);
        return new KvLayerTensors(shape, shape);
    }

    private KvLayerTensors Tensors() => new(_keys.View, _values.View, Rotary: Rotary);
}
