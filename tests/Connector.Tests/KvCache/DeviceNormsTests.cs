using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache.Device;
using CurKv.Connector.KvCache.State;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Tests.Models;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;

namespace CurKv.Connector.Tests.KvCache;

/// <summary>ggml's CPU backend stands for a GPU: the graphs are the same, and the kernels that read the cache in memory say what is right.</summary>
public unsafe class DeviceNormsTests
{
    private const int Tokens = 200;
    private const int Skip = 4;

    public static TheoryData<KvElementType, FlashAttentionMode, int, int> Caches()
    {
        var data = new TheoryData<KvElementType, FlashAttentionMode, int, int>();
        foreach (int dimension in new[] { 32, 64, 96, 128 })
        {
            data.Add(KvElementType.F16, FlashAttentionMode.On, dimension, 1);
            data.Add(KvElementType.Q8_0, FlashAttentionMode.On, dimension, 1);
        }

        foreach (KvElementType type in new[] { KvElementType.F32, KvElementType.F16, KvElementType.BF16 })
        {
            data.Add(type, FlashAttentionMode.Off, 64, 1);
            data.Add(type, FlashAttentionMode.On, 64, 3);
        }

        data.Add(KvElementType.Q4_0, FlashAttentionMode.On, 64, 3);
        data.Add(KvElementType.F32, FlashAttentionMode.Off, 32, 3);
        return data;
    }

    [Theory]
    [MemberData(nameof(Caches))]
    public void Measure_AnyCache_IsWhatTheKernelsMeasure(KvElementType type, FlashAttentionMode attention, int dimension, int streams)
    {
        using CacheHarness harness = Filled(type, attention, dimension, streams);
        foreach (RotaryEmbedding? rotary in new[] { null, new RotaryEmbedding(10000, dimension, true), new RotaryEmbedding(10000, dimension / 2, false) })
        {
            AssertMeasures(harness, layer => layer with { Rotary = rotary }, streams / 2);
        }
    }

    // As many chunks as it takes to see their borders, and the whole as one.
    [Theory]
    [InlineData(1)]
    [InlineData(4 * 2 * 64 * 7)]
    [InlineData(4 * 2 * 64 * Tokens)]
    public void Measure_ByChunks_IsWhatTheKernelsMeasure(int chunkBytes)
    {
        using CacheHarness harness = Filled(KvElementType.Q8_0, FlashAttentionMode.On, 64, 1);

        AssertMeasures(harness, layer => layer with { Rotary = harness.Model.Rotary }, 0, chunkBytes);
    }

    [Theory]
    [InlineData(KvElementType.F16)]
    [InlineData(KvElementType.Q8_0)]
    public void CentredKeys_CompressedBefore_TurnsEachHeadBackFromItsOwnPositions(KvElementType type)
    {
        using CacheHarness harness = Filled(type, FlashAttentionMode.On, 64, 1);
        var random = new Random(3);
        int kept = Tokens / 2;
        int[] listed = [.. Enumerable.Range(0, harness.Shape.KvHeads).SelectMany(_ => Enumerable.Range(0, 4 * kept).OrderBy(_ => random.Next()).Take(kept).Order())];
        var positions = new KvPositions(listed, harness.Shape.KvHeads, 4 * kept);

        AssertMeasures(harness, layer => layer with { Rotary = harness.Model.Rotary, Positions = positions }, 0, 4 * 2 * 64 * 33);
    }

    [Fact]
    public void CentredKeys_RowThatIsNotFinite_SpoilsNoOther()
    {
        using CacheHarness harness = Filled(KvElementType.F32, FlashAttentionMode.On, 64, 1);
        KvTensor keys = View(harness, 0)[1].Keys;
        ((float*)(keys.HeadData(1) + (50 * keys.RowBytes)))[3] = float.PositiveInfinity;

        var squares = new float[keys.Heads * Tokens];
        Measure(harness, layer => layer, 0, norms => norms.CentredKeys(1, Skip, squares));

        Assert.Equal(keys.Heads * Tokens - 1, squares.Count(float.IsFinite));
        Assert.False(float.IsFinite(squares[Tokens + 50]));
        AssertMeasures(harness, layer => layer with { Rotary = harness.Model.Rotary }, 0);
    }

    // Squares of half floats that are none themselves.
    [Theory]
    [InlineData(300f)]
    [InlineData(1f / 4096)]
    public void Measure_HalfFloatsOfAnySize_IsWhatTheKernelsMeasure(float value)
    {
        using CacheHarness harness = Filled(KvElementType.F16, FlashAttentionMode.On, 64, 1);
        var random = new Random(5);
        Fill(harness, () => value * random.NextSingle());

        AssertMeasures(harness, layer => layer with { Rotary = harness.Model.Rotary }, 0);
    }

    // As keys with a bias are: their squared distances are a thousandth of their squared norms.
    [Fact]
    public void CentredKeys_MeanFarFromZero_StaysPrecise()
    {
        using CacheHarness harness = Filled(KvElementType.F16, FlashAttentionMode.On, 64, 1);
        var random = new Random(5);
        Fill(harness, () => 10 + random.NextSingle());

        AssertMeasures(harness, layer => layer with { Rotary = null }, 0);
    }

    private static void Fill(CacheHarness harness, Func<float> element)
    {
        foreach (KvLayerTensors layer in View(harness, 0))
        {
            FillRows(layer.Keys);
            FillRows(layer.Values);
        }

        void FillRows(in KvTensor rows)
        {
            foreach (ref Half cached in new Span<Half>((void*)rows.HeadData(0), Tokens * rows.Heads * rows.HeadDimension))
            {
                cached = (Half)element();
            }
        }
    }

    private static CacheHarness Filled(KvElementType type, FlashAttentionMode attention, int dimension, int streams)
    {
        var settings = new LlamaContextSettings
        {
            ContextSize = 256,
            BatchSize = 128,
            Threads = 1,
            FlashAttention = attention,
            KeyType = type,
            ValueType = type,
            Sequences = streams,
        };
        var harness = new CacheHarness(new RandomModel { HeadDimension = dimension, Layers = 2 }, settings);
        harness.Decode(TestModels.RandomTokens(Tokens, harness.Shape.Vocabulary, seed: 7), 0, streams / 2);
        harness.Context.Synchronize();
        return harness;
    }

    private static KvLayerTensors[] View(CacheHarness harness, int sequence)
    {
        bool transposed = harness.Context.Settings.FlashAttention == FlashAttentionMode.Off;
        var format = new KvStateFormat(harness.Context.Settings.Sequences, transposed, []);
        return harness.Capture.View(sequence, Tokens, format, harness.Shape.KvHeads, harness.Shape.HeadDimension, harness.Shape.HeadDimension);
    }

    private static void Measure(CacheHarness harness, Func<KvLayerTensors, KvLayerTensors> complete, int sequence, Action<DeviceNorms> measure, int chunkBytes = 1 << 24)
    {
        KvLayerTensors[] view = Array.ConvertAll(View(harness, sequence), layer => complete(layer with { KeyRotation = harness.Capture.KeyRotation }));
        using var cache = new DeviceCache(harness.Capture, view.Length, threads: 1);
        using var staging = new DeviceStaging(HostMemory.Plain);
        measure(new DeviceNorms(cache, view, sequence, staging, chunkBytes));
    }

    private static void AssertMeasures(CacheHarness harness, Func<KvLayerTensors, KvLayerTensors> complete, int sequence, int chunkBytes = 1 << 24)
    {
        // Half floats that were turned back are rounded to half floats again.
        float turned = harness.Context.Settings.KeyType == KvElementType.F16 ? 1f / 2048 : 1e-4f;
        KvLayerTensors[] view = View(harness, sequence);
        for (int i = 0; i < view.Length; i++)
        {
            var layer = new KvLayer(i, complete(view[i] with { KeyRotation = harness.Capture.KeyRotation }), Tokens, Skip);
            int index = i;
            AssertSame(1e-4f, squares => layer.MeasureKeyNorms(squares), (norms, squares) => norms.Keys(index, squares));
            AssertSame(1e-4f, squares => layer.MeasureValueNorms(squares), (norms, squares) => norms.Values(index, squares));
            AssertSame(turned, squares => layer.MeasureCentredKeyNorms(Skip, squares), (norms, squares) => norms.CentredKeys(index, Skip, squares));
        }

        void AssertSame(float tolerance, Action<float[]> expect, Action<DeviceNorms, float[]> measure)
        {
            var expected = new float[harness.Shape.KvHeads * Tokens];
            var actual = new float[expected.Length];
            expect(expected);
            Measure(harness, complete, sequence, norms => measure(norms, actual), chunkBytes);
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * expected[i] || !float.IsFinite(expected[i]), $"{actual[i]} is not {expected[i]} at {i}.");
            }
        }
    }
}
