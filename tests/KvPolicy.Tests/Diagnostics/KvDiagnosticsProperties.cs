using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Diagnostics;
using CurKv.KvPolicy.Selection;
using CurKv.KvPolicy.Tests.Support;
using FsCheck;
using FsCheck.Xunit;

namespace CurKv.KvPolicy.Tests.Diagnostics;

/// <summary>What holds for any cache and any selection.</summary>
public class KvDiagnosticsProperties
{
    private const int Heads = 3;

    [Property]
    public void Measure_AllTokens_LosesNothing(byte size, byte window, int seed)
    {
        int tokens = size + 1;
        using var cache = new Cache(tokens, window, seed);

        KvEvictionLoss loss = cache.Measure(Enumerable.Range(0, tokens));

        Assert.Equal(1, loss.MinRetainedMass);
        Assert.Equal(0, loss.MaxOutputError);
        Assert.Equal(0, loss.LayerOutputError(0));
    }

    [Property]
    public void Measure_MoreTokens_RetainsMore(byte size, byte window, int seed)
    {
        int tokens = size + 2;
        using var cache = new Cache(tokens, window, seed);
        var random = new Random(seed);
        int[] order = [.. Enumerable.Range(0, tokens).OrderBy(_ => random.Next())];
        int few = random.Next(1, tokens);

        KvEvictionLoss small = cache.Measure(order.Take(few));
        KvEvictionLoss large = cache.Measure(order.Take(few + 1));

        for (int head = 0; head < Heads; head++)
        {
            Assert.InRange(small[0, head].RetainedMass, 0, large[0, head].RetainedMass + 1e-6);
        }
    }

    [Property]
    public void Measure_PermutedHeads_PermutesLosses(byte size, byte window, int seed)
    {
        int[] order = [1, 2, 0];
        using var cache = new Cache(size + 4, window, seed);
        using var permuted = new Cache(size + 4, window, seed, order);

        KvEvictionLoss loss = cache.Measure([0, 1, size + 3]);
        KvEvictionLoss permutedLoss = permuted.Measure([0, 1, size + 3]);

        Assert.All(Enumerable.Range(0, Heads), head => Assert.Equal(loss[0, order[head]], permutedLoss[0, head]));
    }

    private sealed class Cache : IDisposable
    {
        private readonly TestTensor _keys;
        private readonly TestTensor _values;
        private readonly KvQueries _queries;

        public Cache(int tokens, byte window, int seed, int[]? order = null)
        {
            order ??= [0, 1, 2];
            int rows = Math.Min((window % 20) + 1, tokens);
            float[][][] keys = Scoring.Rows(Heads, tokens, 16, seed);
            float[][][] values = Scoring.Rows(Heads, tokens, 16, seed + 1);
            float[][][] queries = Scoring.Rows(Heads * 2, rows, 16, seed + 2);
            _keys = TestTensor.Of([.. order.Select(head => keys[head])]);
            _values = TestTensor.Of([.. order.Select(head => values[head])]);
            _queries = TestQueries.Of([.. order.SelectMany(head => queries[(2 * head)..((2 * head) + 2)])], rows);
        }

        public KvEvictionLoss Measure(IEnumerable<int> kept)
        {
            int[] tokens = [.. kept.Order()];
            var selection = new KvSelection(1, Heads, tokens.Length);
            for (int head = 0; head < Heads; head++)
            {
                tokens.CopyTo(selection[0, head]);
            }

            return KvDiagnostics.Measure([new KvLayerTensors(_keys.View, _values.View, _queries)], selection);
        }

        public void Dispose()
        {
            _keys.Dispose();
            _values.Dispose();
        }
    }
}
