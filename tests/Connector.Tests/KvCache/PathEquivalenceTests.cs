using System.Numerics.Tensors;
using CurKv.Connector.Engine;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Tests.Models;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies.Leverage;

namespace CurKv.Connector.Tests.KvCache;

public class PathEquivalenceTests
{
    private const int Tokens = 300;
    private const int Answer = 300;

    [Theory]
    [InlineData(KvElementType.F16, FlashAttentionMode.On)]
    [InlineData(KvElementType.F16, FlashAttentionMode.Off)]
    [InlineData(KvElementType.Q8_0, FlashAttentionMode.On)]
    public void GreedyAnswer_AfterEachPath_IsTheStatePaths(KvElementType type, FlashAttentionMode attention)
    {
        var settings = new LlamaContextSettings { ContextSize = 768, BatchSize = 128, FlashAttention = attention, KeyType = type, ValueType = type };
        var shape = new RandomModel { HeadDimension = 64 };
        using var harness = new CacheHarness(shape, settings);

        int[] expected = GreedyAnswer(harness, KvRewritePath.State);
        Assert.True(expected.Distinct().Count() > 20, "The answer must vary for this test to say anything.");
        Assert.Equal(expected, GreedyAnswer(harness, KvRewritePath.Compact));
        Assert.Equal(expected, GreedyAnswer(harness, KvRewritePath.InPlace));
    }

    // Compressed twice on the way, so that what the first compression left is gathered from as well.
    private static int[] GreedyAnswer(CacheHarness harness, KvRewritePath path)
    {
        harness.Remove();
        float[] logits = harness.Decode(TestModels.RandomTokens(Tokens, harness.Shape.Vocabulary, seed: 5), 0);
        Assert.Equal(path, harness.Compress(CacheHarness.Plan(new CurDkv(), 0.9), path)!.Path);
        int[] answer = new int[Answer];
        for (int i = 0; i < Answer; i++)
        {
            answer[i] = TensorPrimitives.IndexOfMax(logits);
            logits = harness.Decode([answer[i]], Tokens + i);
            if (i == Answer / 2)
            {
                Assert.NotNull(harness.Compress(CacheHarness.Plan(new CurDkv(), 0.9), path));
            }
        }

        return answer;
    }
}
