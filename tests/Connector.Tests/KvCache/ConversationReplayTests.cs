using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.State;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Tests.Models;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Naming;

namespace CurKv.Connector.Tests.KvCache;

public class ConversationReplayTests
{
    private const int Conversations = 4;
    private const int Steps = 1_000;
    private static readonly RandomModel Shape = new() { Layers = 2 };
    private static readonly string[] Policies = ["curdkv", "random", "curdkv-norms", "streaming"];
    private static readonly double[] Ratios = [0.3, 0.5, 0.8];

    // What happens to one conversation must not show in the others, nor which path was taken, nor that cells were saved and restored.
    [Theory]
    [InlineData(KvElementType.F32, FlashAttentionMode.Off)]
    [InlineData(KvElementType.F16, FlashAttentionMode.On)]
    [InlineData(KvElementType.Q8_0, FlashAttentionMode.On)]
    public void RandomSteps_FourConversations_LeaveWhatEachOneAloneWouldHave(KvElementType type, FlashAttentionMode attention)
    {
        var settings = new LlamaContextSettings { ContextSize = 256, BatchSize = 64, FlashAttention = attention, KeyType = type, ValueType = type };
        using var together = new CacheHarness(Shape, settings with { Sequences = Conversations });
        using var alone = new CacheHarness(Shape, settings);
        var random = new Random(42);
        List<Step>[] histories = [.. Enumerable.Range(0, Conversations).Select(_ => new List<Step>())];
        var saved = new (byte[] State, KvSequence Contents, List<Step> History)?[Conversations];
        int compressionsReplayed = 0;
        for (int i = 0; i < Steps; i++)
        {
            int id = random.Next(Conversations);
            switch (random.Next(40))
            {
                case 0:
                    Replay(id);
                    together.Remove(id);
                    histories[id] = [];
                    break;
                case 1:
                    saved[id] = (together.State(id), Copy(together.Sequence(id)), [.. histories[id]]);
                    break;
                case 2 when saved[id] is var (state, contents, history):
                    Replay(id);
                    together.Restore(state, contents, id);
                    histories[id] = [.. history];
                    break;
                default:
                    Step step = NextStep(random, together.Sequence(id));
                    step.Run(together, id);
                    histories[id].Add(step);
                    break;
            }
        }

        for (int id = 0; id < Conversations; id++)
        {
            Replay(id);
        }

        Assert.True(compressionsReplayed > 100, $"Only {compressionsReplayed} compressions were replayed.");

        void Replay(int id)
        {
            alone.Remove();
            histories[id].ForEach(step => step.Run(alone, 0));
            Assert.Equal(Rows(together, id), Rows(alone, 0));
            compressionsReplayed += histories[id].Count(step => step.Tokens == 0);
        }
    }

    private static Step NextStep(Random random, KvSequence sequence)
    {
        bool compress = sequence.Cells > 200 || (sequence.Cells > 40 && random.Next(4) == 0);
        return compress
            ? new Step(0, 0, Policies[random.Next(Policies.Length)], Ratios[random.Next(Ratios.Length)])
            : new Step(random.Next(1, 50), random.Next(), string.Empty, 0);
    }

    private static KvSequence Copy(KvSequence sequence)
    {
        var copy = new KvSequence(sequence.Id);
        copy.CopyFrom(sequence);
        return copy;
    }

    /// <summary>A sequence's positions and rows; the blob around them says which sequence of how many it is.</summary>
    private static unsafe List<byte[]> Rows(CacheHarness harness, int sequence)
    {
        if (harness.Sequence(sequence).Cells == 0)
        {
            return [];
        }

        byte[] state = harness.State(sequence);
        fixed (byte* data = state)
        {
            KvStateBlob blob = KvStateBlob.TryParse(data, (nuint)state.Length)!;
            Assert.Equal(harness.Sequence(sequence).Cells, blob.Cells);
            List<byte[]> rows = [];
            foreach (KvLayerTensors layer in blob.View(Shape.KvHeads, Shape.HeadDimension, Shape.HeadDimension))
            {
                rows.Add(Bytes(layer.Keys));
                rows.Add(Bytes(layer.Values));
            }

            rows.Add([.. Enumerable.Range(0, blob.Cells).SelectMany(cell => BitConverter.GetBytes(harness.Sequence(sequence).MaskPosition(cell)))]);
            return rows;
        }
    }

    private static unsafe byte[] Bytes(KvTensor tensor) =>
        new ReadOnlySpan<byte>(tensor.Data, tensor.SliceBytes * tensor.Heads * tensor.Tokens).ToArray();

    /// <summary>Some tokens to decode, or a compression.</summary>
    private sealed record Step(int Tokens, int Seed, string Policy, double Ratio)
    {
        public void Run(CacheHarness harness, int id)
        {
            KvSequence sequence = harness.Sequence(id);
            if (Tokens > 0)
            {
                harness.Decode(TestModels.RandomTokens(Tokens, Shape.Vocabulary, Seed), sequence.Tokens, id);
            }
            else
            {
                KvCompressionPlan plan = CacheHarness.Plan(KvPolicyCatalog.Default.Create(Policy), 0) with { Budget = KvBudget.FromCells((int)(sequence.Cells * (1 - Ratio))) };
                Assert.NotNull(harness.Compress(plan, sequence: id));
            }
        }
    }
}
