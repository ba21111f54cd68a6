using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.Capture;
using CurKv.Connector.KvCache.Paths;
using CurKv.Connector.KvCache.State;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Tests.Models;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies.Leverage;

namespace CurKv.Connector.Tests.KvCache;

public class DevicePathTests
{
    private const int Tokens = 240;

    // Norms differ in their last digits, so that a token at the border may be another one: whichever it is, its rows are exact.
    [Theory]
    [InlineData("curdkv", KvElementType.F16)]
    [InlineData("curdkv", KvElementType.Q8_0)]
    [InlineData("curdkv-norms", KvElementType.F16)]
    [InlineData("keynorm", KvElementType.F16)]
    [InlineData("streaming", KvElementType.F16)]
    public void Compress_TwiceOnTheDevice_LeavesWhatTheStatePathLeaves(string policy, KvElementType type)
    {
        var shape = new RandomModel { HeadDimension = 64 };
        using var harness = new CacheHarness(shape, Settings(FlashAttentionMode.On, type));
        int[] tokens = TestModels.RandomTokens(Tokens, shape.Vocabulary, seed: 7);
        KvCompressionPlan plan = CacheHarness.Plan(KvPolicyCatalog.Default.Create(policy), 0.7);
        Assert.False(plan.ReadsRows);
        byte[][] blobs = [.. new[] { KvRewritePath.State, KvRewritePath.Device }.Select(path =>
        {
            harness.Remove(0);
            harness.Decode(tokens.AsSpan(0, 160), 0);
            CompressExactly(harness, plan, path, cells: 48);
            harness.Decode(tokens.AsSpan(160), 160);
            return CompressExactly(harness, plan, path, cells: 72);
        })];

        int metadata = (int)FormatOf(blobs[0]).FirstKeyOffset + (71 * KvStateFormat.CellBytes);
        Assert.Equal(blobs[0][..metadata], blobs[1][..metadata]);
        int different = blobs[0].Zip(blobs[1]).Count(pair => pair.First != pair.Second);
        Assert.InRange(different, 0, policy == "streaming" ? 0 : blobs[0].Length / 25);
    }

    [Fact]
    public void Compress_ValuesChannelByChannelForcedOntoTheDevice_ThrowsAndLeavesTheSequence()
    {
        var shape = new RandomModel();
        using var harness = new CacheHarness(shape, Settings(FlashAttentionMode.Off, KvElementType.F16));
        harness.Decode(TestModels.RandomTokens(Tokens, shape.Vocabulary, seed: 7), 0);
        byte[] before = harness.State();

        Assert.Throws<KvCompressionException>(() => harness.Compress(CacheHarness.Plan(new CurDkv(), 0.5), KvRewritePath.Device));

        Assert.Equal(before, harness.State());
    }

    // On a device nothing but llama.cpp itself tells where the newest token lies.
    [Theory]
    [InlineData(KvElementType.F16)]
    [InlineData(KvElementType.Q8_0)]
    public unsafe void IsNewestKey_AnyCell_IsTheNewestTokensOnly(KvElementType type)
    {
        var shape = new RandomModel { HeadDimension = 64 };
        using var harness = new CacheHarness(shape, Settings(FlashAttentionMode.On, type));
        harness.Decode(TestModels.RandomTokens(Tokens, shape.Vocabulary, seed: 7), 0);
        byte[] state = harness.State();
        using var newest = new NewestCell(harness.Context, FormatOf(state));
        KvTensor keys = harness.Capture.View(0, Tokens, FormatOf(state), shape.KvHeads, 64, 64)[0].Keys;
        var key = new byte[keys.RowBytes];
        foreach (int cell in new[] { 0, Tokens - 2, Tokens - 1 })
        {
            KvCapture.ReadRow(harness.Capture.Keys(0), keys, cell, key);

            Assert.Equal(cell == Tokens - 1, newest.IsNewestKey(harness.Sequence(), key));
        }

        Assert.Equal(state, harness.State());
        Assert.Equal((-1, -1), harness.Context.SequenceRange(ILlamaContext.ScratchSequence));
    }

    [Theory]
    [InlineData("curdkv", false)]
    [InlineData("snapkv(window=16)", true)]
    [InlineData("curdkv-sketch", true)]
    public void ReadsRows_Policy_IsWhatKeepsItOffTheDevice(string policy, bool expected)
    {
        KvCompressionPlan plan = CacheHarness.Plan(KvPolicyCatalog.Default.Create(policy), 0.5);

        Assert.Equal(expected, plan.ReadsRows);
        Assert.True((plan with { MeasureLoss = true }).ReadsRows);
    }

    /// <summary>Compresses, and expects in every cell the rows that the token at its position had before, bit by bit.</summary>
    /// <returns>The state that is left.</returns>
    private static unsafe byte[] CompressExactly(CacheHarness harness, KvCompressionPlan plan, KvRewritePath path, int cells)
    {
        byte[] before = harness.State();
        IReadOnlyList<KvPositions>? stood = harness.Sequence().HeadPositions;
        Assert.Equal((path, cells), (harness.Compress(plan, path)!.Path, harness.Sequence().Cells));
        byte[] after = harness.State();
        fixed (byte* from = before, to = after)
        {
            KvLayerTensors[] all = View(from, before.Length, harness);
            KvLayerTensors[] kept = View(to, after.Length, harness);
            for (int i = 0; i < kept.Length * harness.Shape.KvHeads * cells; i++)
            {
                (int layer, int head, int cell) = (i / cells / harness.Shape.KvHeads, i / cells % harness.Shape.KvHeads, i % cells);
                int position = harness.Sequence().HeadPositions![layer][head, cell];
                int token = stood is null ? position : stood[layer].CellsBefore(head, position);
                Assert.Equal(CachedRow.Bytes(all[layer].Keys, head, token), CachedRow.Bytes(kept[layer].Keys, head, cell));
                Assert.Equal(CachedRow.Bytes(all[layer].Values, head, token), CachedRow.Bytes(kept[layer].Values, head, cell));
            }
        }

        return after;
    }

    private static unsafe KvLayerTensors[] View(byte* state, int bytes, CacheHarness harness) =>
        KvStateBlob.TryParse(state, (nuint)bytes)!.View(harness.Shape.KvHeads, harness.Shape.HeadDimension, harness.Shape.HeadDimension);

    private static unsafe KvStateFormat FormatOf(byte[] state)
    {
        fixed (byte* data = state)
        {
            return KvStateBlob.TryParse(data, (nuint)state.Length)!.Format;
        }
    }

    private static LlamaContextSettings Settings(FlashAttentionMode attention, KvElementType type) => new()
    {
        ContextSize = 256,
        BatchSize = 128,
        Threads = 1,
        FlashAttention = attention,
        KeyType = type,
        ValueType = type,
    };
}
