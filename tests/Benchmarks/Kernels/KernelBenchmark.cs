using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Leverage;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;

namespace CurKv.Benchmarks.Kernels;

/// <summary>
/// Measures the kernels on one thread over far more memory than the caches hold, each beside a plain read of that memory: the
/// machine's other work meets both, so only the ratios of a round count.
/// </summary>
internal sealed unsafe class KernelBenchmark(RandomMemory memory, int rounds)
{
    private const double Giga = 1e9;
    private const int Heads = 8;
    private const int HeadDimension = 128;
    private const int Tokens = 32_768;
    private const int SelectionRuns = 20;
    private static readonly KvElementType[] Types = [KvElementType.F16, KvElementType.BF16, KvElementType.F32, KvElementType.Q8_0, KvElementType.Q4_0];
    private static readonly RotaryEmbedding Rotary = new(500_000, HeadDimension, Interleaved: true);

    /// <summary>Measures all kernels; policies are left empty.</summary>
    public KernelReport Run()
    {
        List<KernelRow> rows = [.. Types.Select(SquaredNorm)];
        memory.Fill(KvElementType.F16, KvTensor.SliceBytesOf(KvElementType.F16, HeadDimension) * Heads);
        rows.Add(Leverage("sketch", new SketchLeverage(20, seed: 0)));
        rows.Add(GramMatrices());
        rows.Add(Leverage("leverage", new ExactLeverage()));
        rows.Add(Leverage("centred", new CentredLeverage(0.25)));
        rows.Add(SelectTopK());
        double[][] seconds = Timing.Alternate(rounds, Read, () => MemoryLoops.Copy(memory.Data, memory.Bytes));
        return new KernelReport(memory.Bytes / Giga / seconds[0].Min(), memory.Bytes / 2 / Giga / seconds[1].Min(), rows, []);
    }

    private KernelRow SquaredNorm(KvElementType type)
    {
        KvTensor[] tensors = memory.Tensors(type, Tokens, Heads, HeadDimension);
        memory.Fill(type, (int)tensors[0].RowBytes);
        float[] squares = new float[Heads * Tokens];
        return Measure("squared_norms", type, BytesOf(tensors), Kernel, Plain);

        void Kernel() => Array.ForEach(tensors, tensor => SquaredNorms.Compute(tensor, squares));

        void Plain() => Array.ForEach(tensors, tensor => PlainSquaredNorms.Compute(tensor, squares));
    }

    private KernelRow Leverage(string name, ILeverage leverage)
    {
        KvTensor[] tensors = memory.Tensors(KvElementType.F16, Tokens, Heads, HeadDimension);
        float[] weights = new float[Heads * Tokens];
        return Measure(name, KvElementType.F16, BytesOf(tensors), () =>
        {
            foreach (KvTensor tensor in tensors)
            {
                leverage.MeasureKeys(new KvLayer(0, new KvLayerTensors(tensor, tensor, Rotary: Rotary), Tokens, Sinks: 4), weights);
            }
        });
    }

    private KernelRow GramMatrices()
    {
        KvTensor[] tensors = memory.Tensors(KvElementType.F16, Tokens, Heads, HeadDimension);
        double[] matrices = new double[Heads * HeadDimension * HeadDimension];
        return Measure("gram", KvElementType.F16, BytesOf(tensors), () =>
        {
            using var block = new RowBlock(Heads, HeadDimension);
            foreach (KvTensor tensor in tensors)
            {
                Gram.Compute(tensor, block, matrices);
            }
        });
    }

    private KernelRow SelectTopK()
    {
        var random = new Random(1);
        float[] scores = [.. Enumerable.Range(0, Heads * Tokens).Select(_ => random.NextSingle())];
        TokenSegment[] segments = TokenSegment.Cut(new KvProtection(), Tokens, Tokens / 5);
        int[] kept = new int[Tokens / 5];
        return Measure("select_top_k", KvElementType.F32, SelectionRuns * scores.Length * (double)sizeof(float), () =>
        {
            for (int i = 0; i < SelectionRuns * Heads; i++)
            {
                TokenSelector.Select(scores.AsSpan(i % Heads * Tokens, Tokens), segments, kept);
            }
        });
    }

    private KernelRow Measure(string name, KvElementType type, double bytes, Action kernel, Action? plain = null)
    {
        double[][] seconds = plain is null ? Timing.Alternate(rounds, Read, kernel) : Timing.Alternate(rounds, Read, kernel, plain);
        IEnumerable<double> ofRead = seconds[0].Zip(seconds[1], (read, own) => bytes / own / (memory.Bytes / read));
        double? ofPlain = plain is null ? null : Timing.Median(seconds[2].Zip(seconds[1], (other, own) => other / own));
        return new KernelRow(name, NameOf(type), bytes / Giga / seconds[1].Min(), Timing.Median(ofRead), ofPlain);
    }

    private static string NameOf(KvElementType type) => type switch
    {
        KvElementType.F32 => "f32",
        KvElementType.F16 => "f16",
        KvElementType.BF16 => "bf16",
        KvElementType.Q8_0 => "q8_0",
        _ => "q4_0",
    };

    private static double BytesOf(KvTensor[] tensors) => tensors.Sum(tensor => tensor.Tokens * (double)tensor.RowBytes);

    private void Read() => MemoryLoops.Read(memory.Data, memory.Bytes);
}
