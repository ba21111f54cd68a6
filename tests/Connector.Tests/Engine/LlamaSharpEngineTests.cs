using System.Text;
using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using CurKv.Connector.Tests.Models;
using CurKv.KvPolicy.Cache;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;

namespace CurKv.Connector.Tests.Engine;

/// <summary>Loading models, and the model's own facts.</summary>
public class LlamaSharpEngineTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static LlamaChatClientOptions Pebble => new() { ModelPath = TestModels.Pebble, GpuLayerCount = 0, Threads = 1, ContextSize = 256 };

    [Theory]
    [InlineData("missing", "does not exist", "a relative path begins at")]
    [InlineData("a folder", "is a directory", "Set it to a GGUF file")]
    [InlineData("empty", "is not a GGUF file", "Set it to a model")]
    [InlineData("no GGUF", "is not a GGUF file", "Set it to a model")]
    public async Task Load_NoModel_NamesTheSettingAndTheFix(string kind, string problem, string fix)
    {
        string path = BadModel(kind);
        LlamaChatClientOptions options = Pebble;
        options.ModelPath = path;

        OptionsValidationException e = Assert.Throws<OptionsValidationException>(() => new LlamaChatClient(options));

        Assert.StartsWith($"ModelPath '{path}' {problem}", Assert.Single(e.Failures), StringComparison.Ordinal);
        Assert.Contains(fix, e.Message, StringComparison.Ordinal);
        OptionsValidationException later = await Assert.ThrowsAsync<OptionsValidationException>(() => LlamaChatClient.LoadAsync(options, cancellationToken: Cancellation));
        Assert.Equal(e.Message, later.Message);

        // What becomes of the file after the options were validated.
        Assert.Equal(path, Assert.Throws<LlamaModelException>(() => TestModels.Load(path)).ModelPath);
    }

    [Theory]
    [InlineData("missing", "does not exist")]
    [InlineData("a folder", "is a directory")]
    [InlineData("", "is empty")]
    public void Load_NoLibrary_NamesTheSettingAndTheFix(string kind, string problem)
    {
        LlamaChatClientOptions options = Pebble;
        options.NativeLibraryPath = kind.Length == 0 ? string.Empty : BadModel(kind);

        string failure = Assert.Single(Assert.Throws<OptionsValidationException>(() => new LlamaChatClient(options)).Failures);

        Assert.StartsWith("NativeLibraryPath ", failure, StringComparison.Ordinal);
        Assert.Contains(problem, failure, StringComparison.Ordinal);
        Assert.Contains("Set it to a libllama, or leave it null", failure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("version 99", "GGUF version 99", "Convert the model again")]
    [InlineData("cut in the header", "is not a GGUF file", "ModelPath")]
    [InlineData("cut in the metadata", "cut off within its metadata", "again")]
    [InlineData("cut in the tensors", "is cut off", "again")]
    [InlineData("cut in the last tensor", "could not load", "ModelPath")]
    [InlineData("no architecture", "names no general.architecture", "not a language model")]
    [InlineData("unknown architecture", "could not load", "ModelPath")]
    public async Task Load_BadModel_NamesThePathAndTheFix(string kind, string problem, string fix)
    {
        string path = BadModel(kind);
        LlamaChatClientOptions options = Pebble;
        options.ModelPath = path;

        LlamaModelException e = Assert.Throws<LlamaModelException>(() => new LlamaChatClient(options));

        Assert.Equal(path, e.ModelPath);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
        Assert.Contains(fix, e.Message, StringComparison.Ordinal);
        LlamaModelException later = await Assert.ThrowsAsync<LlamaModelException>(() => LlamaChatClient.LoadAsync(options, cancellationToken: Cancellation));
        Assert.Equal(path, later.ModelPath);
    }

    [Fact]
    public void Load_AnotherLibraryThanTheLoadedOne_NamesBothAndTheSetting()
    {
        TestModels.Load(TestModels.Pebble).Dispose();
        string library = TestModels.Scratch("libllama.so");
        File.WriteAllText(library, "This is not a library.");
        LlamaChatClientOptions options = Pebble;
        options.NativeLibraryPath = library;
        LlamaNativeLibraryException e = Assert.Throws<LlamaNativeLibraryException>(() => new LlamaChatClient(options));

        Assert.Contains("NativeLibraryPath", e.Message, StringComparison.Ordinal);
        Assert.Contains(library, e.Message, StringComparison.Ordinal);
        Assert.Contains("already runs", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ProgressHandlerThrows_ThrowsTheHandlersException()
    {
        var failing = new CallbackProgress(_ => throw new InvalidTimeZoneException("broken handler"));

        Assert.Throws<InvalidTimeZoneException>(() => LlamaSharpEngine.Load(new LlamaEngineSettings(TestModels.Pebble), NullLogger.Instance, failing, CancellationToken.None));
    }

    [Fact]
    public async Task Tokenize_EngineDisposedMeanwhile_FinishesOrThrowsObjectDisposed()
    {
        string text = string.Concat(Enumerable.Repeat("The access code for the north gate is 4821. ", 20_000));
        for (int delay = 5; delay < 60; delay += 15)
        {
            LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
            Task<Exception?> tokenizing = Task.Run(() => Record.Exception(() => engine.Tokenize(text, true, true)), Cancellation);
            await Task.Delay(delay, Cancellation);
            engine.Dispose();

            Exception? exception = await tokenizing;
            Assert.True(exception is null or ObjectDisposedException, exception?.ToString());
        }
    }

    [Fact]
    public void Create_MoreMemoryThanTheMachineHas_NamesContextSize()
    {
        LlamaChatClientOptions options = Pebble;
        options.ContextSize = int.MaxValue - 1000;

        var e = Assert.Throws<LlamaModelException>(() => new LlamaChatClient(options));
        Assert.Contains("ContextSize", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TheLoadedLibrarysPath_IsFine()
    {
        using LlamaSharpEngine first = TestModels.Load(TestModels.Pebble);
        string path = Path.GetRelativePath(Environment.CurrentDirectory, first.Binding.LibraryPath);
        using var second = LlamaSharpEngine.Load(new LlamaEngineSettings(TestModels.Pebble) { NativeLibraryPath = path }, NullLogger.Instance, null, Cancellation);

        Assert.Equal(first.Binding, second.Binding);
    }

    [Fact]
    public async Task LoadAsync_CancelledToken_Throws()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => LlamaChatClient.LoadAsync(Pebble, cancellationToken: new CancellationToken(canceled: true)));
        await Assert.ThrowsAsync<ArgumentNullException>("options", () => LlamaChatClient.LoadAsync(null!, cancellationToken: Cancellation));
    }

    [Fact]
    public void Load_CancelledMeanwhile_Throws()
    {
        using var cancellation = new CancellationTokenSource();
        var progress = new Shares(_ => cancellation.Cancel());

        OperationCanceledException e = Assert.ThrowsAny<OperationCanceledException>(
            () => LlamaSharpEngine.Load(new LlamaEngineSettings(TestModels.Pebble), NullLogger.Instance, progress, cancellation.Token));

        Assert.Equal(cancellation.Token, e.CancellationToken);
        Assert.InRange(progress.Reports.Count, 1, 2);
    }

    [Fact]
    public async Task LoadAsync_Progress_RisesToOne()
    {
        var progress = new Shares();
        using LlamaChatClient client = await LlamaChatClient.LoadAsync(Pebble, null, progress, Cancellation);

        Assert.Equal(progress.Reports.Order(), progress.Reports);
        Assert.Equal(1, progress.Reports[^1]);
        Assert.NotEmpty((await client.GetResponseAsync("Hello.", new ChatOptions { MaxOutputTokens = 1 }, Cancellation)).Text);
    }

    [Fact]
    public void Load_Model_ShowsTheBindingAndTheModel()
    {
        using var client = new LlamaChatClient(Pebble);

        LlamaRuntimeInfo info = client.GetService<LlamaRuntimeInfo>()!;
        Assert.Equal("LLamaSharp", info.Binding);
        Assert.Matches("^(b[0-9]+|[0-9a-f]{7,}|unknown)$", info.LlamaCppBuild);
        Assert.True(File.Exists(info.NativeLibraryPath), info.NativeLibraryPath);
        Assert.Equal(TestModels.Pebble, info.ModelPath);
        Assert.Contains("llama", info.ModelDescription, StringComparison.Ordinal);
        Assert.Null(info.CompressionUnsupportedReason);
        ChatClientMetadata metadata = client.GetService<ChatClientMetadata>()!;
        Assert.Equal("pebble-17m-q8_0", metadata.DefaultModelId);
        Assert.EndsWith($"/{info.Binding}/{info.LlamaCppBuild}", metadata.ProviderUri!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_Pebble_KnowsItsShape()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
        LlamaModelInfo model = engine.Model;

        Assert.Equal(("llama", 8192, 5120), (model.Architecture, model.TrainedContext, model.VocabularySize));
        Assert.Equal((6, 8, 4, 64, 64), (model.Layers, model.QueryHeads, model.KvHeads, model.KeyDimension, model.ValueDimension));
        Assert.True(model.HasRotaryPositions);
        Assert.False(model.IsRecurrent);
        Assert.Contains("<|im_start|>", model.ChatTemplate, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_RandomModels_KnowsWhichLayersTheyHave()
    {
        LlamaModelInfo window = Describe(new SlidingWindowModel { Window = 48 });
        Assert.Equal((48, false, false, true), (window.SlidingWindow, window.IsHybrid, window.IsRecurrent, window.HasRotaryPositions));
        Assert.Equal(new RotaryEmbedding(10000, 64, Interleaved: false), window.Rotary);

        LlamaModelInfo hybrid = Describe(new HybridModel());
        Assert.Equal((0, true, false, 2), (hybrid.SlidingWindow, hybrid.IsHybrid, hybrid.IsRecurrent, hybrid.KvHeads));
        Assert.Null(hybrid.Rotary);

        Assert.True(Describe(new RecurrentModel()).IsRecurrent);
        Assert.False(Describe(new AlibiModel()).HasRotaryPositions);

        // The larger Baichuan has ALiBi in place of RoPE, under the same name.
        Assert.True(Describe(new RandomModel { Architecture = "baichuan", Embedding = 128 }).HasRotaryPositions);
        Assert.False(Describe(new RandomModel { Architecture = "baichuan", Layers = 40, Embedding = 32, FeedForward = 32, HeadDimension = 8 }).HasRotaryPositions);

        // Some of its layers have no positions, and the file does not say which.
        Assert.Null(Describe(new RandomModel { Architecture = "smollm3", Layers = 4 }).Rotary);

        static LlamaModelInfo Describe(IRandomModel shape)
        {
            using LlamaSharpEngine engine = TestModels.Load(TestModels.Write(shape));
            return engine.Model;
        }
    }

    [Fact]
    public void Load_Logger_GetsLlamaCppsLinesUntilTheClientIsDisposed()
    {
        var logger = new FakeLogger<LlamaChatClient>();
        var client = new LlamaChatClient(Pebble, logger);
        IReadOnlyList<FakeLogRecord> records = logger.Collector.GetSnapshot();

        Assert.Contains(records, record => record.Message.StartsWith("llama.cpp: ", StringComparison.Ordinal) && record.Level == LogLevel.Debug);
        Assert.DoesNotContain(records, record => record.Message.Contains('\n', StringComparison.Ordinal));
        Assert.DoesNotContain(records, record => record.Level >= LogLevel.Error);
        FakeLogRecord ready = Assert.Single(records, record => record.Level == LogLevel.Information && record.Message.Contains("is ready", StringComparison.Ordinal));
        Assert.Contains("pebble-17m-q8_0", ready.Message, StringComparison.Ordinal);
        client.Dispose();
        int count = logger.Collector.Count;
        TestModels.Load(TestModels.Pebble).Dispose();
        Assert.Equal(count, logger.Collector.Count);
    }

    [Fact]
    public void Load_BadModelWithLogger_LogsLlamaCppsErrorAndEndsTheSubscription()
    {
        var logger = new FakeLogger<LlamaChatClient>();
        LlamaChatClientOptions options = Pebble;
        options.ModelPath = BadModel("unknown architecture");

        LlamaModelException e = Assert.Throws<LlamaModelException>(() => new LlamaChatClient(options, logger));

        Assert.Contains("nosuch", e.Message, StringComparison.Ordinal);
        Assert.Contains(logger.Collector.GetSnapshot(), record => record.Level == LogLevel.Error && record.Message.Contains("nosuch", StringComparison.Ordinal));
        int count = logger.Collector.Count;
        TestModels.Load(TestModels.Pebble).Dispose();
        Assert.Equal(count, logger.Collector.Count);
    }

    [Theory]
    [InlineData("The café's “door” costs 漢字 😀.")]
    [InlineData(" two  spaces\n\nand\tmore ")]
    [InlineData("")]
    public void Tokenize_AnyText_ComesBackFromThePieces(string text)
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
        var bytes = new List<byte>();
        Span<byte> piece = stackalloc byte[256];
        foreach (int token in engine.Tokenize(text, addSpecial: false, parseSpecial: true))
        {
            bytes.AddRange(piece[..engine.Piece(token, piece)]);
        }

        Assert.Equal(text, Encoding.UTF8.GetString([.. bytes]));
    }

    [Fact]
    public void Tokenize_SpecialTokens_AddsAndParsesThemWhenAsked()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);

        int[] plain = engine.Tokenize("Hi<|im_end|>", addSpecial: false, parseSpecial: false);
        int[] parsed = engine.Tokenize("Hi<|im_end|>", addSpecial: false, parseSpecial: true);
        int[] begun = engine.Tokenize("Hi<|im_end|>", addSpecial: true, parseSpecial: true);

        Assert.True(plain.Length > parsed.Length);
        Assert.True(engine.IsEndOfGeneration(parsed[^1]));
        Assert.False(engine.IsEndOfGeneration(parsed[0]));
        Assert.Equal(parsed, begun[1..]);
    }

    [Fact]
    public void Piece_BufferTooSmall_TellsTheWholeLength()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
        int token = engine.Tokenize(" gate", addSpecial: false, parseSpecial: false)[0];

        Assert.Equal(engine.Piece(token, new byte[64]), engine.Piece(token, []));
        Assert.Equal(engine.Piece(token, new byte[64]), engine.Piece(token, new byte[1]));
    }

    private static string BadModel(string kind)
    {
        string path = TestModels.Scratch("bad.gguf");
        switch (kind)
        {
            case "missing":
                break;
            case "a folder":
                Directory.CreateDirectory(path);
                break;
            case "empty":
                File.WriteAllBytes(path, []);
                break;
            case "no GGUF":
                File.WriteAllText(path, "This is a text, and no model, however long it goes on.");
                break;
            case "unknown architecture":
                new RandomModel { Architecture = "nosuch" }.Write(path);
                break;
            case "no architecture":
                // GGUF, version 3, no tensors, no metadata.
                File.WriteAllBytes(path, [.. "GGUF"u8, 3, 0, 0, 0, .. new byte[16]]);
                break;
            default:
                new RandomModel().Write(path);
                byte[] model = File.ReadAllBytes(path);
                switch (kind)
                {
                    case "version 99":
                        model[4] = 99;
                        break;
                    case "cut in the header":
                        model = model[..20];
                        break;
                    case "cut in the metadata":
                        model = model[..2000];
                        break;
                    case "cut in the tensors":
                        model = model[..(model.Length / 2)];
                        break;
                    default:
                        model = model[..^1000];
                        break;
                }

                File.WriteAllBytes(path, model);
                break;
        }

        return path;
    }

    private sealed class Shares(Action<float>? onReport = null) : IProgress<float>
    {
        public List<float> Reports { get; } = [];

        public void Report(float value)
        {
            Reports.Add(value);
            onReport?.Invoke(value);
        }
    }

    private sealed class CallbackProgress(Action<float> report) : IProgress<float>
    {
        public void Report(float value) => report(value);
    }
}
