using BenchmarkDotNet.Attributes;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;

namespace CurKv.Benchmarks.Kernels;

/// <summary>Squared norms of 32 768 tokens x 8 heads x 128, against the obvious code.</summary>
public class SquaredNormBenchmarks : IDisposable
{
    private const int Tokens = 32_768;
    private const int Heads = 8;
    private const int HeadDimension = 128;

    private readonly float[] _squares = new float[Heads * Tokens];
    private RandomMemory? _memory;
    private KvTensor _tensor;

    [Params(KvElementType.F16, KvElementType.BF16, KvElementType.F32, KvElementType.Q8_0, KvElementType.Q4_0)]
    public KvElementType Type { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        int rowBytes = KvTensor.SliceBytesOf(Type, HeadDimension) * Heads;
        _memory = new RandomMemory((nuint)(Tokens * rowBytes));
        _memory.Fill(Type, rowBytes);
        _tensor = _memory.Tensors(Type, Tokens, Heads, HeadDimension)[0];
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _memory?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public void TensorPrimitives() => PlainSquaredNorms.Compute(_tensor, _squares);

    [Benchmark]
    public void Kernel() => SquaredNorms.Compute(_tensor, _squares);
}
