using CurKv.Connector.KvCache;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;

namespace CurKv.Benchmarks.Kernels;

/// <summary>Measures how long every policy takes to score a cache and to select from it, with all threads.</summary>
/// <remarks>
/// The cache has 8 layers x 8 heads x 128, f16. Where it exceeds the memory, layers share it: 131 072 tokens take 4.3 GB, so each
/// of two layers is scored four times. Layers are larger than the processor's caches, so they are read from memory all the same.
/// </remarks>
internal sealed class PolicyBenchmark(RandomMemory memory, int rounds)
{
    private const int Layers = 8;
    private const int Heads = 8;
    private const int HeadDimension = 128;
    private const int QueryHeadsPerHead = 4;
    private const double EvictedShare = 0.8;
    private const double LongSeconds = 1;
    private static readonly RotaryEmbedding Rotary = new(500_000, HeadDimension, Interleaved: true);

    public IReadOnlyList<PolicyRow> Run(int[] tokenCounts)
    {
        memory.Fill(KvElementType.F16, KvTensor.SliceBytesOf(KvElementType.F16, HeadDimension) * Heads);
        return [.. from name in Names() from tokens in tokenCounts select Measure(name, tokens)];
    }

    // KVzip needs a second pass over the prompt. What policies are joined to costs what they cost, but for these.
    private static IEnumerable<string> Names() =>
        [KvCompressionDefaults.QuestionAwarePolicy, .. KvPolicyCatalog.Default.Names.Where(name => name != "kvzip"), "curdkv|value", "chunk(curdkv)"];

    private PolicyRow Measure(string name, int tokens)
    {
        IKvPolicy policy = KvPolicyCatalog.Default.Create(name);
        KvTensor[] tensors = memory.Tensors(KvElementType.F16, tokens, Heads, HeadDimension);
        KvQueries queries = policy.QueryWindow > 0 ? RandomQueries(policy.QueryWindow) : default;
        KvLayerTensors[] layers = new KvLayerTensors[Layers];
        for (int i = 0; i < Layers; i++)
        {
            layers[i] = new KvLayerTensors(tensors[2 * i % tensors.Length], tensors[((2 * i) + 1) % tensors.Length], queries, Rotary);
        }

        var selector = new KvSelector(policy);
        KvBudget budget = KvBudget.FromRatio(EvictedShare);
        void Select() => selector.Select(layers, budget, new KvProtection());

        // What takes seconds is not disturbed by much, and is measured once.
        double first = Timing.Alternate(1, Select)[0][0];
        double median = first > LongSeconds ? first : Timing.Median(Timing.Alternate(rounds, Select)[0]);
        return new PolicyRow(name, tokens, median * 1000);
    }

    private static KvQueries RandomQueries(int window)
    {
        const int QueryHeads = QueryHeadsPerHead * Heads;
        var random = new Random(1);
        float[] data = [.. Enumerable.Range(0, QueryHeads * window * HeadDimension).Select(_ => random.NextSingle() - 0.5f)];
        return new KvQueries(data, QueryHeads, window, HeadDimension);
    }
}
