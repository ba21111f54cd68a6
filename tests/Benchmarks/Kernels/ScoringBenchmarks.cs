using BenchmarkDotNet.Attributes;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Leverage;

namespace CurKv.Benchmarks.Kernels;

/// <summary>The other kernels, one thread, one layer's keys: 32 768 tokens x 8 heads x 128, f16.</summary>
public class ScoringBenchmarks : IDisposable
{
    private const int Tokens = 32_768;
    private const int Heads = 8;
    private const int HeadDimension = 128;
    private static readonly RotaryEmbedding Rotary = new(500_000, HeadDimension, Interleaved: true);

    private readonly float[] _weights = new float[Heads * Tokens];
    private readonly double[] _matrices = new double[Heads * HeadDimension * HeadDimension];
    private RandomMemory? _memory;
    private KvLayer _layer;

    [GlobalSetup]
    public void Setup()
    {
        int rowBytes = KvTensor.SliceBytesOf(KvElementType.F16, HeadDimension) * Heads;
        _memory = new RandomMemory((nuint)(Tokens * rowBytes));
        _memory.Fill(KvElementType.F16, rowBytes);
        KvTensor tensor = _memory.Tensors(KvElementType.F16, Tokens, Heads, HeadDimension)[0];
        _layer = new KvLayer(0, new KvLayerTensors(tensor, tensor, Rotary: Rotary), Tokens, Sinks: 4);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _memory?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public void SquaredNorm() => new NormLeverage().MeasureKeys(_layer, _weights);

    [Benchmark]
    public void Centred() => new CentredLeverage(0.25).MeasureKeys(_layer, _weights);

    [Benchmark]
    public void Sketch() => new SketchLeverage(20, seed: 0).MeasureKeys(_layer, _weights);

    [Benchmark]
    public void GramMatrices()
    {
        using var block = new RowBlock(Heads, HeadDimension);
        Gram.Compute(_layer.Keys, block, _matrices);
    }

    [Benchmark]
    public void Exact() => new ExactLeverage().MeasureKeys(_layer, _weights);
}
