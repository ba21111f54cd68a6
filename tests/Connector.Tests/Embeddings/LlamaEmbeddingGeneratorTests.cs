using System.Numerics.Tensors;
using System.Text;
using CurKv.Connector.Embeddings;
using CurKv.Connector.Tests.Engine;
using CurKv.Connector.Tests.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace CurKv.Connector.Tests.Embeddings;

public sealed class LlamaEmbeddingGeneratorTests
{
    private static readonly string[] Texts = ["The miner lost a rope.", "A miner lost his rope.", "x", "What is the access code for the north gate?", "The baker lifted a lamp near the mill, and then went home."];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Members_NullArguments_Throw()
    {
        using LlamaEmbeddingGenerator generator = Fake(new FakeLlamaEngine());

        Assert.Throws<ArgumentNullException>("options", () => new LlamaEmbeddingGenerator(null!));
        await Assert.ThrowsAsync<ArgumentNullException>("options", () => LlamaEmbeddingGenerator.LoadAsync(null!, cancellationToken: Cancellation));
        Assert.Throws<ArgumentNullException>("values", () => { _ = generator.GenerateAsync(null!, cancellationToken: Cancellation); });
        Assert.Throws<ArgumentNullException>("serviceType", () => generator.GetService(null!));
    }

    [Theory]
    [InlineData("a\0b", "NUL")]
    [InlineData(null, "Text 1 is null")]
    [InlineData("", "Text 1 has no token")]
    public async Task GenerateAsync_BadText_SaysWhich(string? text, string problem)
    {
        using LlamaEmbeddingGenerator generator = Fake(new FakeLlamaEngine());

        ArgumentException e = await Assert.ThrowsAsync<ArgumentException>(() => generator.GenerateAsync(["fine", text!], cancellationToken: Cancellation));

        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GenerateAsync_TextTooLong_ThrowsAndComputesNothing()
    {
        int batches = 0;
        using LlamaEmbeddingGenerator generator = Fake(new FakeLlamaEngine { OnDecode = _ => { batches++; return default; } }, options => options.ContextSize = 10);

        PromptTooLongException e = await Assert.ThrowsAsync<PromptTooLongException>(() => generator.GenerateAsync(["fine", "not so fine"], cancellationToken: Cancellation));

        Assert.Equal((11, 10), (e.Tokens, e.ContextSize));
        Assert.Contains("Text 1", e.Message, StringComparison.Ordinal);
        Assert.Contains("ContextSize", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, batches);
        Assert.Single(await generator.GenerateAsync(["1234567890"], cancellationToken: Cancellation));
    }

    // A position beyond what a model was trained on may have no row in its tables: llama.cpp would end the process.
    [Fact]
    public async Task GenerateAsync_TextLongerThanTrained_Throws()
    {
        var engine = new FakeLlamaEngine();
        using LlamaEmbeddingGenerator generator = Fake(new FakeLlamaEngine { Model = engine.Model with { TrainedContext = 5 } });

        Assert.Equal(5, (await Assert.ThrowsAsync<PromptTooLongException>(() => generator.GenerateAsync(["123456"], cancellationToken: Cancellation))).ContextSize);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void GenerateAsync_OtherDimensions_NamesTheSetting(int dimensions)
    {
        using LlamaEmbeddingGenerator generator = Fake(new FakeLlamaEngine());

        Assert.Contains("EmbeddingGenerationOptions.Dimensions must be 2", Assert.Throws<ArgumentOutOfRangeException>(
            () => { _ = generator.GenerateAsync(["a"], new EmbeddingGenerationOptions { Dimensions = dimensions }, Cancellation); }).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ModelPath is empty", "ModelPath")]
    [InlineData("ContextSize is 0", "ContextSize")]
    [InlineData("BatchSize is 511, below ContextSize 512", "BatchSize")]
    [InlineData("Threads is 0. Set it to at least 1 and at most ", "Threads")]
    [InlineData("Threads is 100000. Set it to at least 1 and at most ", "Many threads")]
    [InlineData("NativeLibraryPath '/nowhere/libllama.so' does not exist", "NativeLibraryPath")]
    [InlineData("GpuLayerCount is -2", "GpuLayerCount")]
    [InlineData("Pooling is 9. Set it to ModelDefault, Mean, Cls, Last", "Pooling")]
    public void Constructor_BadOption_NamesIt(string problem, string setting)
    {
        var options = new LlamaEmbeddingGeneratorOptions { ModelPath = TestModels.Pebble, ContextSize = 512 };
        _ = setting switch
        {
            "ModelPath" => (object)(options.ModelPath = " "),
            "ContextSize" => options.ContextSize = 0,
            "BatchSize" => options.BatchSize = 511,
            "Threads" => options.Threads = 0,
            "Many threads" => options.Threads = 100_000,
            "NativeLibraryPath" => options.NativeLibraryPath = "/nowhere/libllama.so",
            "GpuLayerCount" => options.GpuLayerCount = -2,
            _ => options.Pooling = (LlamaPooling)9,
        };

        Assert.StartsWith(problem, Assert.Single(Assert.Throws<OptionsValidationException>(() => new LlamaEmbeddingGenerator(options)).Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_NoModel_NamesTheSetting() => Assert.StartsWith(
        "ModelPath '/nowhere/model.gguf' does not exist",
        Assert.Throws<OptionsValidationException>(() => new LlamaEmbeddingGenerator(new LlamaEmbeddingGeneratorOptions { ModelPath = "/nowhere/model.gguf" })).Message,
        StringComparison.Ordinal);

    [Fact]
    public async Task GenerateAsync_NoText_IsNothing()
    {
        using LlamaEmbeddingGenerator generator = Fake(new FakeLlamaEngine());

        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync([], cancellationToken: Cancellation);

        Assert.Empty(embeddings);
        Assert.Equal(0, embeddings.Usage!.InputTokenCount);
    }

    [Fact]
    public async Task GenerateAsync_ManyTexts_AreBatchedInOrder()
    {
        List<int> batches = [];
        using LlamaEmbeddingGenerator generator = Fake(
            new FakeLlamaEngine { OnDecode = tokens => { batches.Add(tokens); return default; } },
            options => (options.ContextSize, options.BatchSize, options.Normalize) = (4, 10, false));

        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(["aaaa", "bbb", "cccc", "dd", "eeee", "f"], new EmbeddingGenerationOptions { Dimensions = 2 }, Cancellation);

        Assert.Equal([7, 10, 1], batches);
        Assert.Equal("abcdef", string.Concat(embeddings.Select(each => (char)each.Vector.Span[0])));
        Assert.Equal([2, 2, 3, 3, 3, 1], embeddings.Select(each => each.Vector.Span[1]));
        Assert.Equal((18, 18), (embeddings.Usage!.InputTokenCount, embeddings.Usage.TotalTokenCount));
        Assert.All(embeddings, each => Assert.Equal("fake", each.ModelId));
        Assert.All(embeddings, each => Assert.InRange(DateTimeOffset.UtcNow - each.CreatedAt!.Value, TimeSpan.Zero, TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task GenerateAsync_MoreTextsThanSequences_AreSplit()
    {
        int batches = 0;
        using LlamaEmbeddingGenerator generator = Fake(new FakeLlamaEngine { OnDecode = _ => { batches++; return default; } });

        Assert.Equal(600, (await generator.GenerateAsync(Enumerable.Repeat("a", 600), cancellationToken: Cancellation)).Count);
        Assert.Equal(3, batches);
    }

    [Fact]
    public async Task GenerateAsync_Cancelled_StopsBetweenBatches()
    {
        using var gate = new NativeGate();
        using var cancellation = new CancellationTokenSource();
        int batches = 0;
        using LlamaEmbeddingGenerator generator = Fake(
            new FakeLlamaEngine
            {
                OnDecode = _ =>
                {
                    batches++;
                    gate.Pass();
                    return default;
                },
            },
            options => options.ContextSize = 2);

        Task<GeneratedEmbeddings<Embedding<float>>> running = generator.GenerateAsync(["aa", "bb", "cc"], cancellationToken: cancellation.Token);
        await gate.Reached;
        await cancellation.CancelAsync();
        gate.Open();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal(1, batches);
        Assert.Single(await generator.GenerateAsync(["a"], cancellationToken: Cancellation));
    }

    [Fact]
    public async Task Dispose_Twice_UnloadsAndRefuses()
    {
        var engine = new FakeLlamaEngine();
        LlamaEmbeddingGenerator generator = Fake(engine);
        generator.Dispose();
        generator.Dispose();

        Assert.True(engine.IsDisposed);
        ObjectDisposedException e = await Assert.ThrowsAsync<ObjectDisposedException>(() => generator.GenerateAsync(["a"], cancellationToken: Cancellation));
        Assert.Contains(nameof(LlamaEmbeddingGenerator), e.ObjectName, StringComparison.Ordinal);
    }

    [Fact]
    public void GetService_KnowsWhatItOwns()
    {
        using LlamaEmbeddingGenerator generator = Fake(new FakeLlamaEngine());

        var metadata = generator.GetService<EmbeddingGeneratorMetadata>()!;
        Assert.Equal(("llama.cpp", "fake", 2), (metadata.ProviderName, metadata.DefaultModelId, metadata.DefaultModelDimensions));
        Assert.True(metadata.ProviderUri!.IsAbsoluteUri);
        Assert.NotNull(generator.GetService<LlamaEmbeddingGeneratorOptions>());
        Assert.Same(generator, generator.GetService<LlamaEmbeddingGenerator>());
        Assert.Same(generator, generator.GetService<IEmbeddingGenerator<string, Embedding<float>>>());
        Assert.Null(generator.GetService<string>());
        Assert.Null(((IEmbeddingGenerator)generator).GetService(typeof(LlamaEmbeddingGenerator), "key"));
    }

    [Fact]
    public async Task GenerateAsync_AnyBatch_SameVectorForSameText()
    {
        using LlamaEmbeddingGenerator generator = Real();
        float[][] alone = [.. await Task.WhenAll(Texts.Select(async text => (await generator.GenerateVectorAsync(text, cancellationToken: Cancellation)).ToArray()))];
        float[][] together = await Vectors(generator, Texts);
        float[][] repeated = await Vectors(generator, [.. Enumerable.Range(0, 60).Select(i => Texts[i % Texts.Length])]);

        for (int i = 0; i < repeated.Length; i++)
        {
            AssertEqual(alone[i % Texts.Length], repeated[i]);
            AssertEqual(alone[i % Texts.Length], together[i % Texts.Length]);
            Assert.Equal(1, TensorPrimitives.Norm<float>(repeated[i]), 1e-5f);
        }

        Assert.Equal(alone[0].Length, generator.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelDimensions);
    }

    // An encoder has no KV cache, and every token sees all of its text, but nothing of another one's.
    [Fact]
    public async Task GenerateAsync_Encoder_PoolsAsTheModelSays()
    {
        string path = TestModels.Write(new BertModel());
        using LlamaEmbeddingGenerator own = Real(options => options.ModelPath = path);
        using LlamaEmbeddingGenerator cls = Real(options => (options.ModelPath, options.Pooling) = (path, LlamaPooling.Cls));
        using LlamaEmbeddingGenerator mean = Real(options => (options.ModelPath, options.Pooling) = (path, LlamaPooling.Mean));
        float[][] vectors = await Vectors(own, Texts);

        float[][] first = await Vectors(cls, Texts);
        float[][] all = await Vectors(mean, Texts);
        for (int i = 0; i < Texts.Length; i++)
        {
            AssertEqual(vectors[i], first[i]);
            AssertEqual(vectors[i], (await own.GenerateVectorAsync(Texts[i], cancellationToken: Cancellation)).ToArray());
            Assert.True(TensorPrimitives.Distance<float>(vectors[i], all[i]) > 1e-2f);
        }

        // The first token sees the last one.
        float[][] ends = await Vectors(own, ["the same a", "the same b"]);
        Assert.True(TensorPrimitives.Distance<float>(ends[0], ends[1]) > 1e-3f);
    }

    [Fact]
    public async Task GenerateAsync_SimilarTexts_LieCloser()
    {
        using LlamaEmbeddingGenerator generator = Real();
        float[][] vectors = await Vectors(generator, Texts);

        Assert.True(Cosine(0, 1) > Cosine(0, 3));
        Assert.True(Cosine(0, 1) > Cosine(1, 3));

        float Cosine(int a, int b) => TensorPrimitives.Dot<float>(vectors[a], vectors[b]);
    }

    [Fact]
    public async Task GenerateAsync_SpecialTokensInAText_StayText()
    {
        using LlamaEmbeddingGenerator generator = Real();

        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(["</s>"], cancellationToken: Cancellation);

        Assert.True(embeddings.Usage!.InputTokenCount > 2);
    }

    // Every pooling, against a forward pass that shares no code with llama.cpp.
    [Theory]
    [InlineData(LlamaPooling.ModelDefault, true)]
    [InlineData(LlamaPooling.Mean, false)]
    [InlineData(LlamaPooling.Cls, false)]
    [InlineData(LlamaPooling.Last, true)]
    public async Task GenerateAsync_EachPooling_IsThatOfTheTokensVectors(LlamaPooling pooling, bool normalize)
    {
        var shape = new RandomModel();
        string path = TestModels.Write(shape);
        using LlamaEmbeddingGenerator generator = Real(options => (options.ModelPath, options.Pooling, options.Normalize) = (path, pooling, normalize));
        string[] texts = ["a text", "another one, somewhat longer"];

        float[][] vectors = await Vectors(generator, texts);

        for (int i = 0; i < texts.Length; i++)
        {
            // The cache holds 16 bits of a number. SentencePiece puts a space before a text, and the model a begin of sequence before that.
            int[] tokens = [1, 3 + 256, .. Encoding.UTF8.GetBytes(texts[i]).Select(value => value == ' ' ? 3 + 256 : 3 + value)];
            var reference = new ReferenceModel(shape, path);
            float[][] hidden = [.. tokens.Select(reference.Hidden)];
            float[] expected = pooling switch
            {
                LlamaPooling.Cls => hidden[0],
                LlamaPooling.Last => hidden[^1],
                _ => [.. Enumerable.Range(0, shape.Embedding).Select(column => hidden.Average(row => row[column]))],
            };
            float norm = normalize ? TensorPrimitives.Norm<float>(expected) : 1;
            for (int column = 0; column < expected.Length; column++)
            {
                Assert.Equal(expected[column] / norm, vectors[i][column], 5e-3f);
            }
        }
    }

    [Fact]
    public async Task GenerateAsync_ManyCallers_EachGetTheirs()
    {
        using LlamaEmbeddingGenerator generator = Real();
        float[][] expected = await Vectors(generator, Texts);

        await Parallel.ForAsync(0, 40, Cancellation, async (i, token) =>
            AssertEqual(expected[i % Texts.Length], (await generator.GenerateVectorAsync(Texts[i % Texts.Length], cancellationToken: token)).ToArray()));
    }

    private static async Task<float[][]> Vectors(LlamaEmbeddingGenerator generator, string[] texts) =>
        [.. (await generator.GenerateAsync(texts, cancellationToken: Cancellation)).Select(embedding => embedding.Vector.ToArray())];

    private static void AssertEqual(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.InRange(TensorPrimitives.Distance<float>(expected, actual), 0, 1e-4f);
    }

    private static LlamaEmbeddingGenerator Fake(FakeLlamaEngine engine, Action<LlamaEmbeddingGeneratorOptions>? configure = null)
    {
        var options = new LlamaEmbeddingGeneratorOptions { ModelPath = "fake.gguf" };
        configure?.Invoke(options);
        return new LlamaEmbeddingGenerator(engine, options);
    }

    private static LlamaEmbeddingGenerator Real(Action<LlamaEmbeddingGeneratorOptions>? configure = null)
    {
        var options = new LlamaEmbeddingGeneratorOptions { ModelPath = TestModels.Pebble, GpuLayerCount = 0, Threads = 1, ContextSize = 256 };
        configure?.Invoke(options);
        return new LlamaEmbeddingGenerator(options);
    }
}
