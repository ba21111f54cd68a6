using System.Numerics.Tensors;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache.State;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Tests.Models;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies.Attention;

namespace CurKv.Connector.Tests.KvCache;

public class QueryCaptureTests
{
    private const int Tokens = 40;
    private const int Window = 12;

    [Theory]
    [InlineData(FlashAttentionMode.Off, 128)]
    [InlineData(FlashAttentionMode.On, 128)]
    [InlineData(FlashAttentionMode.Off, 5)]
    public void Take_LastTokens_AreTheForwardPassesQueries(FlashAttentionMode attention, int batchSize)
    {
        var shape = new RandomModel();
        using var harness = new CacheHarness(shape, Settings(KvElementType.F32) with { FlashAttention = attention, BatchSize = batchSize });
        int[] tokens = TestModels.RandomTokens(Tokens, shape.Vocabulary, seed: 3);
        var reference = new ReferenceModel(shape, harness.ModelPath);
        float[][][] expected = [.. tokens.Select((token, i) => reference.Queries(token, i))];
        Read(harness, tokens);

        // FlashAttention feeds its noise into the layers behind the first.
        float tolerance = attention == FlashAttentionMode.On ? 2e-2f : 2e-5f;
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            KvQueries queries = harness.Queries.Take(layer, Window, null)!.Value;
            Assert.Equal((shape.QueryHeads, Window, shape.HeadDimension), (queries.Heads, queries.Window, queries.HeadDimension));
            for (int head = 0; head < shape.QueryHeads; head++)
            {
                for (int row = 0; row < Window; row++)
                {
                    float[] query = expected[Tokens - Window + row][layer].AsSpan(head * shape.HeadDimension, shape.HeadDimension).ToArray();
                    float[] observed = queries.Head(head).Slice(row * shape.HeadDimension, shape.HeadDimension).ToArray();
                    Assert.True(TensorPrimitives.Distance(query, observed) <= tolerance * TensorPrimitives.Norm(query), $"Layer {layer}, head {head}, row {row}.");
                }
            }
        }
    }

    [Theory]
    [InlineData(64, 64)]
    [InlineData(128, 128)]
    [InlineData(96, null)]
    public void KeyRotation_QuantisedCache_IsSeenAndUndone(int dimension, int? size)
    {
        var shape = new RandomModel { HeadDimension = dimension };
        using var plain = new CacheHarness(shape, Settings(KvElementType.F32));
        using var quantised = new CacheHarness(shape, Settings(KvElementType.Q8_0));
        int[] tokens = TestModels.RandomTokens(Tokens, shape.Vocabulary, seed: 3);
        Read(plain, tokens);
        Read(quantised, tokens);

        Assert.Null(plain.Capture.KeyRotation);
        Assert.Equal(size, quantised.Capture.KeyRotation?.Size);
        Assert.Equal(size is null ? null : 64, quantised.Capture.ValueRotation?.Size);

        // A query meets a key as it lies in the cache; rotated or not, the product is the same but for the quantisation.
        float[] expected = Products(plain);
        float[] actual = Products(quantised);
        Assert.True(TensorPrimitives.Distance(expected, actual) <= 0.02f * TensorPrimitives.Norm(expected), $"{TensorPrimitives.Distance(expected, actual)} of {TensorPrimitives.Norm(expected)}");
    }

    [Fact]
    public void Take_LayerWithoutPositions_IsTheForwardPassesQueries()
    {
        var shape = new RandomModel { Architecture = "smollm3", Layers = 4 };
        using var harness = new CacheHarness(shape, Settings(KvElementType.F32) with { FlashAttention = FlashAttentionMode.Off, Threads = 1 });
        var reference = new ReferenceModel(shape, harness.ModelPath);
        int[] tokens = TestModels.RandomTokens(Tokens, shape.Vocabulary, seed: 3);
        float[][][] expected = [.. tokens.Select((token, i) => reference.Queries(token, i))];
        Read(harness, tokens);

        for (int layer = 0; layer < shape.Layers; layer++)
        {
            ReadOnlySpan<float> observed = harness.Queries.Take(layer, Window, null)!.Value.Head(1)[^shape.HeadDimension..];
            ReadOnlySpan<float> query = expected[^1][layer].AsSpan(shape.HeadDimension, shape.HeadDimension);
            Assert.True(TensorPrimitives.Distance(query, observed) <= 2e-5f * TensorPrimitives.Norm(query), $"Layer {layer}.");
        }
    }

    [Fact]
    public void Rotary_OfEachLayer_IsWhatTheGraphDoes()
    {
        var plain = new RotaryEmbedding(RandomModel.RopeBase, 32, Interleaved: true);
        var neox = new RotaryEmbedding(RandomModel.RopeBase, 64, Interleaved: false);

        Assert.Equal([plain, plain, plain], Rotaries(new RandomModel()));
        Assert.Equal([plain, plain, plain, null], Rotaries(new RandomModel { Architecture = "smollm3", Layers = 4 }));
        Assert.Equal([neox, neox], Rotaries(new SlidingWindowModel()));
        Assert.Equal([null, null], Rotaries(new HybridModel()));
    }

    [Fact]
    public void Take_FewerTokensThanAnnounced_IsNull()
    {
        var shape = new RandomModel();
        using var harness = new CacheHarness(shape, Settings(KvElementType.F32));
        harness.Queries.Start(Window);
        harness.Decode(TestModels.RandomTokens(Window - 1, shape.Vocabulary, seed: 3), 0);

        Assert.Null(harness.Queries.Take(0, Window, null));
    }

    private static LlamaContextSettings Settings(KvElementType type) => new()
    {
        ContextSize = 256,
        BatchSize = 128,
        FlashAttention = FlashAttentionMode.On,
        KeyType = type,
        ValueType = type,
    };

    private static RotaryEmbedding?[] Rotaries(IRandomModel shape)
    {
        using var harness = new CacheHarness(shape, Settings(KvElementType.F32) with { Threads = 1 });
        return [.. shape.GlobalLayers.Select(harness.Queries.Rotary)];
    }

    private static void Read(CacheHarness harness, int[] tokens) =>
        harness.Prefill(tokens, CacheHarness.Plan(new SnapKv(window: Window), 0.5));

    private static float[] Products(CacheHarness harness)
    {
        KvLayerTensors layer = harness.Capture.View(0, Tokens, KvStateFormatOf(harness), harness.Shape.KvHeads, harness.Shape.HeadDimension, harness.Shape.HeadDimension)[0];
        KvQueries queries = harness.Queries.Take(0, Window, harness.Capture.KeyRotation)!.Value;
        List<float> products = [];
        for (int token = 0; token < Tokens; token++)
        {
            float[] key = CachedRow.Read(layer.Keys, 0, token);
            products.Add(TensorPrimitives.Dot(queries.Head(0)[..key.Length], key));
        }

        return [.. products];
    }

    private static unsafe KvStateFormat KvStateFormatOf(CacheHarness harness)
    {
        byte[] state = harness.State();
        fixed (byte* data = state)
        {
            return KvStateBlob.TryParse(data, (nuint)state.Length)!.Format;
        }
    }
}
