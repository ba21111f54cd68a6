using System.Collections;
using System.Globalization;
using System.Text.Json;
using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using CurKv.Connector.Tests.Engine;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Chat;

/// <summary>What every caller of an IChatClient counts on, whatever the model: over an engine that says what the test wants.</summary>
public class ChatContractTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Calls => ["whole", "streaming"];

    [Theory]
    [MemberData(nameof(Calls))]
    public void Call_NullMessages_ThrowsBeforeEnumeration(string call)
    {
        using LlamaChatClient client = new FakeLlamaEngine().CreateClient();

        Assert.Throws<ArgumentNullException>("messages", () => Start(client, call, null!));
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void Call_NoMessages_ThrowsBeforeEnumeration(string call)
    {
        using LlamaChatClient client = new FakeLlamaEngine().CreateClient();

        Assert.Throws<ArgumentException>("messages", () => Start(client, call, []));
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void Call_NullMessage_ThrowsBeforeEnumeration(string call)
    {
        using LlamaChatClient client = new FakeLlamaEngine().CreateClient();

        ArgumentException e = Assert.Throws<ArgumentException>("messages", () => Start(client, call, [new(ChatRole.User, "a"), null!]));

        Assert.Contains("null", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void Call_NulCharacter_ThrowsInsteadOfCuttingTheTextOff(string call)
    {
        using LlamaChatClient client = new FakeLlamaEngine().CreateClient();

        ArgumentException e = Assert.Throws<ArgumentException>("messages", () => Start(client, call, [new(ChatRole.User, "one\0 two")]));

        Assert.Contains("NUL", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadDocumentAsync_NulCharacter_Throws()
    {
        using LlamaChatClient client = new FakeLlamaEngine().CreateClient();

        await Assert.ThrowsAsync<ArgumentException>("document", () => client.ReadDocumentAsync("one\0 two", cancellationToken: Cancellation));
        await Assert.ThrowsAsync<ArgumentException>("options", () => client.ReadDocumentAsync("one", new LlamaDocumentOptions { Instructions = "\0" }, cancellationToken: Cancellation));
    }

    [Fact]
    public void GetService_NullType_Throws()
    {
        using LlamaChatClient client = new FakeLlamaEngine().CreateClient();

        Assert.Throws<ArgumentNullException>("serviceType", () => client.GetService(null!));
    }

    [Fact]
    public void GetService_KnownTypes_GivesWhatTheClientOwns()
    {
        using LlamaChatClient client = new FakeLlamaEngine().CreateClient();

        ChatClientMetadata metadata = client.GetService<ChatClientMetadata>()!;
        Assert.Equal(("llama.cpp", "fake"), (metadata.ProviderName, metadata.DefaultModelId));
        Assert.True(metadata.ProviderUri!.IsAbsoluteUri);
        Assert.Contains('.', metadata.ProviderUri.Host);
        LlamaRuntimeInfo info = client.GetService<LlamaRuntimeInfo>()!;
        Assert.Equal(("fake", "b0", "/nowhere/libllama.so"), (info.Binding, info.LlamaCppBuild, info.NativeLibraryPath));
        Assert.Equal(("fake.gguf", "a fake"), (info.ModelPath, info.ModelDescription));
        Assert.NotNull(info.CompressionUnsupportedReason);
        Assert.Equal("fake.gguf", client.GetService<LlamaChatClientOptions>()!.ModelPath);
        Assert.Same(client, client.GetService<IChatClient>());
        Assert.Same(client, client.GetService<LlamaChatClient>());
        Assert.Same(client, client.GetService<object>());
    }

    [Fact]
    public void GetService_UnknownTypeOrKey_GivesNull()
    {
        using LlamaChatClient client = new FakeLlamaEngine().CreateClient();

        Assert.Null(client.GetService<string>());
        Assert.All(
            [typeof(ChatClientMetadata), typeof(LlamaRuntimeInfo), typeof(LlamaChatClientOptions), typeof(IChatClient), typeof(object)],
            type => Assert.Null(client.GetService(type, "key")));
    }

    [Fact]
    public async Task GetStreamingResponseAsync_EveryUpdate_SaysWhoseItIs()
    {
        using LlamaChatClient client = new FakeLlamaEngine { OnSample = FakeLlamaEngine.Answer("one ", "two ", "three") }.CreateClient();
        DateTimeOffset before = DateTimeOffset.UtcNow;

        List<ChatResponseUpdate> first = await ReadAsync(client.GetStreamingResponseAsync("a", cancellationToken: Cancellation));
        List<ChatResponseUpdate> second = await ReadAsync(client.GetStreamingResponseAsync("a", cancellationToken: Cancellation));

        Assert.Equal(["one", " two", " three", ""], first.Select(update => update.Text));
        Assert.All(first, update =>
        {
            Assert.Equal((ChatRole.Assistant, "fake"), (update.Role, update.ModelId));
            Assert.Equal((first[0].ResponseId, first[0].MessageId), (update.ResponseId, update.MessageId));
            Assert.InRange(update.CreatedAt!.Value, before, DateTimeOffset.UtcNow);
            Assert.Equal(TimeSpan.Zero, update.CreatedAt.Value.Offset);
        });
        Assert.NotEmpty(first[0].ResponseId!);
        Assert.NotEmpty(first[0].MessageId!);
        Assert.NotEqual(first[0].ResponseId, second[0].ResponseId);
        Assert.NotEqual(first[0].MessageId, second[0].MessageId);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_End_HasTheFinishReasonAndTheOnlyUsage()
    {
        using LlamaChatClient client = new FakeLlamaEngine { OnSample = FakeLlamaEngine.Answer("one ", "two") }.CreateClient();

        List<ChatResponseUpdate> updates = await ReadAsync(client.GetStreamingResponseAsync("abc", cancellationToken: Cancellation));

        Assert.All(updates[..^1], update => Assert.Null(update.FinishReason));
        Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
        UsageContent usage = Assert.Single(updates.SelectMany(update => update.Contents).OfType<UsageContent>());
        Assert.Same(usage, updates[^1].Contents[^1]);
        Assert.Equal("<user>abc<assistant>".Length, usage.Details.InputTokenCount);
        Assert.Equal(2, usage.Details.OutputTokenCount);
        Assert.Equal(usage.Details.InputTokenCount + 2, usage.Details.TotalTokenCount);
        Assert.Equal(0, usage.Details.CachedInputTokenCount);
        Assert.Null(usage.Details.AdditionalCounts);
        Assert.IsType<GenerationStatistics>(updates[^1].RawRepresentation);
    }

    [Fact]
    public async Task GetResponseAsync_Whole_SaysWhatTheUpdatesSay()
    {
        using LlamaChatClient client = new FakeLlamaEngine { OnSample = FakeLlamaEngine.Answer("one ", "two") }.CreateClient();

        ChatResponse response = await client.GetResponseAsync("abc", cancellationToken: Cancellation);

        ChatMessage message = Assert.Single(response.Messages);
        Assert.Equal((ChatRole.Assistant, "one two"), (message.Role, message.Text));
        Assert.Equal(("fake", ChatFinishReason.Stop), (response.ModelId, response.FinishReason));
        Assert.NotEmpty(response.ResponseId!);
        Assert.NotEmpty(message.MessageId!);
        Assert.NotNull(response.CreatedAt);
        Assert.Equal(2, response.Usage!.OutputTokenCount);
        Assert.Empty(message.Contents.OfType<UsageContent>());
        Assert.Null(response.ConversationId);
        GenerationStatistics statistics = Assert.IsType<GenerationStatistics>(response.RawRepresentation);
        Assert.Equal((20, 0, 2, 2), (statistics.PromptTokens, statistics.CachedPromptTokens, statistics.OutputTokens, statistics.DecodedTokens));
        Assert.Equal(22, statistics.Cells);
    }

    [Fact]
    public async Task GetResponseAsync_EmptyAnswer_IsAnEmptyMessage()
    {
        using LlamaChatClient client = new FakeLlamaEngine { OnSample = FakeLlamaEngine.Answer() }.CreateClient();

        ChatResponse response = await client.GetResponseAsync("abc", cancellationToken: Cancellation);

        Assert.Empty(response.Text);
        Assert.Equal((ChatFinishReason.Stop, 0), (response.FinishReason, response.Usage!.OutputTokenCount));
    }

    [Fact]
    public async Task GetResponseAsync_LongAnswer_MeetsNoHiddenLimit()
    {
        string[] answer = [.. Enumerable.Range(0, 5000).Select(i => i.ToString(CultureInfo.InvariantCulture) + " ")];
        using LlamaChatClient client = new FakeLlamaEngine { OnSample = FakeLlamaEngine.Answer(answer) }.CreateClient(contextSize: 8192);

        ChatResponse response = await client.GetResponseAsync("abc", cancellationToken: Cancellation);

        Assert.Equal(string.Concat(answer), response.Text);
        Assert.Equal((ChatFinishReason.Stop, 5000), (response.FinishReason, response.Usage!.OutputTokenCount));
    }

    [Fact]
    public async Task GetResponseAsync_ContextFull_EndsByLength()
    {
        using LlamaChatClient client = new FakeLlamaEngine().CreateClient(contextSize: 32);

        ChatResponse response = await client.GetResponseAsync("abc", cancellationToken: Cancellation);

        // The last token needs no cell: nothing is decoded from it.
        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
        Assert.Equal(32 + 1, response.Usage!.TotalTokenCount);
    }

    [Theory]
    [InlineData(12, true)]
    [InlineData(13, false)]
    public async Task GetResponseAsync_PromptAsLongAsTheContext_IsTheLongestOne(int characters, bool fits)
    {
        var engine = new FakeLlamaEngine();
        using LlamaChatClient client = engine.CreateClient(contextSize: 12 + "<user><assistant>".Length);
        Task<ChatResponse> call = client.GetResponseAsync(new string('a', characters), cancellationToken: Cancellation);

        if (fits)
        {
            Assert.Equal((ChatFinishReason.Length, 1), ((await call).FinishReason, (await call).Usage!.OutputTokenCount));
            return;
        }

        PromptTooLongException e = await Assert.ThrowsAsync<PromptTooLongException>(() => call);
        Assert.Equal((30, 29), (e.Tokens, e.ContextSize));
        Assert.Equal(0, engine.Decodes);
    }

    [Theory]
    [InlineData("Say STOP now", "Say ", "STOP")]
    [InlineData("Sa|y S|TO|P now", "Say ", "STOP")]
    [InlineData("S|T|O|P", "", "STOP")]
    [InlineData("a ST|a STO|P", "a STa ", "STOP")]
    public async Task GetResponseAsync_StopSequence_EndsBeforeItAndCountsItsTokens(string tokens, string expected, string stop)
    {
        var engine = new FakeLlamaEngine { OnSample = FakeLlamaEngine.Answer(tokens.Split('|')) };
        using LlamaChatClient client = engine.CreateClient();

        List<ChatResponseUpdate> updates = await ReadAsync(
            client.GetStreamingResponseAsync("abc", new ChatOptions { StopSequences = [stop] }, Cancellation));

        Assert.Equal(expected, string.Concat(updates.Select(update => update.Text)));
        Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
        Assert.Equal(tokens.Split('|').Length, Assert.Single(updates[^1].Contents.OfType<UsageContent>()).Details.OutputTokenCount);
    }

    [Theory]
    [InlineData(null, "Say ST")]
    [InlineData(3, "Say ST")]
    [InlineData(2, "Say S")]
    public async Task GetResponseAsync_EndWithinTheBeginningOfAStop_ShowsIt(int? maxOutputTokens, string expected)
    {
        using LlamaChatClient client = new FakeLlamaEngine { OnSample = FakeLlamaEngine.Answer("Say ", "S", "T") }.CreateClient();

        var options = new ChatOptions { StopSequences = ["STOP"], MaxOutputTokens = maxOutputTokens };

        Assert.Equal(expected, (await client.GetResponseAsync("abc", options, Cancellation)).Text);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_CharacterSplitOverTokens_ComesWhole()
    {
        byte[] face = "😀"u8.ToArray();
        var engine = new FakeLlamaEngine { OnSample = index => index switch { 0 => face[..1], 1 => face[1..3], 2 => face[3..], _ => null } };
        using LlamaChatClient client = engine.CreateClient();

        List<ChatResponseUpdate> updates = await ReadAsync(client.GetStreamingResponseAsync("abc", cancellationToken: Cancellation));

        Assert.Equal(["😀", ""], updates.Select(update => update.Text));
    }

    [Fact]
    public async Task GetResponseAsync_Instructions_GoBeforeTheMessages()
    {
        var engine = new FakeLlamaEngine { OnSample = FakeLlamaEngine.Answer("b") };
        using LlamaChatClient client = engine.CreateClient();
        List<ChatMessage> messages =
        [
            new(ChatRole.System, "Be kind."),
            new(ChatRole.User, [new TextContent("Look: "), new UsageContent(new UsageDetails()), new TextContent("what?")]),
            new(ChatRole.Assistant, (string?)null),
            new(ChatRole.User, []),
        ];
        engine.Rendered.Clear();

        await client.GetResponseAsync(messages, new ChatOptions { Instructions = "Be brief." }, Cancellation);

        Assert.Equal(
            [("system", "Be brief."), ("system", "Be kind."), ("user", "Look: what?"), ("assistant", ""), ("user", "")],
            Assert.Single(engine.Rendered, turns => turns.Length == 5 && turns[0].Content == "Be brief."));
    }

    [Fact]
    public async Task GetResponseAsync_MessagesAndOptions_AreReadOnceAndLeftAlone()
    {
        using LlamaChatClient client = new FakeLlamaEngine { OnSample = FakeLlamaEngine.Answer("b") }.CreateClient();
        var messages = new CountedMessages([new(ChatRole.System, "Be kind."), new(ChatRole.User, "What?")]);
        var options = new ChatOptions
        {
            Instructions = "Be brief.",
            Temperature = 1,
            Seed = 4,
            StopSequences = ["", "STOP"],
            MaxOutputTokens = 10,
            AdditionalProperties = new() { ["min_p"] = 0.1 },
        };
        string before = Json(messages.Messages, options);

        await client.GetResponseAsync(messages, options, Cancellation);
        await ReadAsync(client.GetStreamingResponseAsync(messages, options, Cancellation));

        Assert.Equal(2, messages.Enumerations);
        Assert.Equal(before, Json(messages.Messages, options));

        static string Json(object messages, ChatOptions options) =>
            JsonSerializer.Serialize(messages, AIJsonUtilities.DefaultOptions) + JsonSerializer.Serialize(options, AIJsonUtilities.DefaultOptions);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_EnumeratedTwice_AnswersTwice()
    {
        using LlamaChatClient client = new FakeLlamaEngine { OnSample = FakeLlamaEngine.Answer("b") }.CreateClient();
        IAsyncEnumerable<ChatResponseUpdate> stream = client.GetStreamingResponseAsync("abc", cancellationToken: Cancellation);

        List<ChatResponseUpdate> first = await ReadAsync(stream);
        List<ChatResponseUpdate> second = await ReadAsync(stream);

        Assert.Equal(first.Select(update => update.Text), second.Select(update => update.Text));
        Assert.NotEqual(first[0].ResponseId, second[0].ResponseId);
    }

    [Fact]
    public async Task GetResponseAsync_Options_ReachTheSampler()
    {
        var engine = new FakeLlamaEngine { OnSample = FakeLlamaEngine.Answer("b") };
        using LlamaChatClient client = engine.CreateClient();
        var options = new ChatOptions { Temperature = 0.5f, TopK = 3, TopP = 0.5f, Seed = 9, AdditionalProperties = new() { ["min_p"] = 0.25 } };

        await client.GetResponseAsync("abc", options, Cancellation);

        Assert.Equal(new SamplerSettings { Temperature = 0.5f, TopK = 3, TopP = 0.5f, MinP = 0.25f, Seed = 9 }, Assert.Single(engine.Samplers));
    }

    [Theory]
    [InlineData((int)DecodeStatus.NoKvSlot)]
    [InlineData((int)DecodeStatus.Aborted)]
    [InlineData((int)DecodeStatus.InvalidBatch)]
    [InlineData(-3)]
    public async Task GetResponseAsync_DecodeFails_ThrowsAndTheNextCallAnswers(int status)
    {
        int left = 3;
        var engine = new FakeLlamaEngine
        {
            OnSample = FakeLlamaEngine.Answer("a", "b", "c"),
            OnDecode = _ => left-- == 1 ? (DecodeStatus)status : DecodeStatus.Ok,
        };
        using LlamaChatClient client = engine.CreateClient();

        LlamaException e = await Assert.ThrowsAsync<LlamaException>(() => client.GetResponseAsync("abc", cancellationToken: Cancellation));

        Assert.Contains(((DecodeStatus)status).ToString(), e.Message, StringComparison.Ordinal);
        Assert.Equal("abc", (await client.GetResponseAsync("abc", cancellationToken: Cancellation)).Text);
    }

    [Fact]
    public async Task GetResponseAsync_SamplerThrows_ThrowsThatAndTheNextCallAnswers()
    {
        int calls = 0;
        var engine = new FakeLlamaEngine { OnSample = index => calls++ == 0 ? throw new InvalidOperationException("Bad luck.") : FakeLlamaEngine.Answer("a")(index) };
        using LlamaChatClient client = engine.CreateClient();

        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(() => client.GetResponseAsync("abc", cancellationToken: Cancellation));

        Assert.Equal("Bad luck.", e.Message);
        Assert.Equal("a", (await client.GetResponseAsync("abc", cancellationToken: Cancellation)).Text);
    }

    [Fact]
    public async Task GetResponseAsync_ManyAtOnce_AnswersOneAfterTheOther()
    {
        int running = 0;
        var engine = new FakeLlamaEngine
        {
            OnSample = FakeLlamaEngine.Answer("a", "b"),
            OnDecode = _ =>
            {
                Assert.Equal(1, Interlocked.Increment(ref running));
                Thread.Yield();
                Interlocked.Decrement(ref running);
                return DecodeStatus.Ok;
            },
        };
        using LlamaChatClient client = engine.CreateClient();

        ChatResponse[] responses = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(i => Task.Run(() => client.GetResponseAsync(new string('a', i + 1), cancellationToken: Cancellation), Cancellation)));

        Assert.All(responses, response => Assert.Equal("ab", response.Text));
        Assert.Equal(Enumerable.Range(18, 16).Select(i => (long?)i), responses.Select(response => response.Usage!.InputTokenCount));
    }

    [Fact]
    public async Task GetResponseAsync_LongPrompt_IsReadInChunks()
    {
        List<int> chunks = [];
        var engine = new FakeLlamaEngine
        {
            OnSample = FakeLlamaEngine.Answer(),
            OnDecode = count =>
            {
                chunks.Add(count);
                return DecodeStatus.Ok;
            },
        };
        using LlamaChatClient client = engine.CreateClient(batchSize: 16);

        await client.GetResponseAsync(new string('a', 40 - "<user><assistant>".Length), cancellationToken: Cancellation);

        Assert.Equal([16, 16, 8], chunks);
    }

    [Fact]
    public async Task GetResponseAsync_CacheThatCannotBeCompressed_NamesTheSetting()
    {
        using var client = new LlamaChatClient(
            new FakeLlamaEngine(),
            new LlamaChatClientOptions { ModelPath = "fake.gguf", GpuLayerCount = 0, Compression = { MinTokens = 0 } },
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

        KvCompressionException e = await Assert.ThrowsAsync<KvCompressionException>(() => client.GetResponseAsync("abc", cancellationToken: Cancellation));

        Assert.Contains("Policy", e.Message, StringComparison.Ordinal);
        Assert.Contains(client.GetService<LlamaRuntimeInfo>()!.CompressionUnsupportedReason!, e.Message, StringComparison.Ordinal);
    }

    private static void Start(LlamaChatClient client, string call, IEnumerable<ChatMessage> messages) =>
        _ = call == "whole" ? (object)client.GetResponseAsync(messages) : client.GetStreamingResponseAsync(messages);

    private static async Task<List<ChatResponseUpdate>> ReadAsync(IAsyncEnumerable<ChatResponseUpdate> updates)
    {
        List<ChatResponseUpdate> result = [];
        await foreach (ChatResponseUpdate update in updates)
        {
            result.Add(update);
        }

        return result;
    }

    private sealed class CountedMessages(List<ChatMessage> messages) : IEnumerable<ChatMessage>
    {
        public List<ChatMessage> Messages => messages;

        public int Enumerations { get; private set; }

        public IEnumerator<ChatMessage> GetEnumerator()
        {
            Enumerations++;
            return messages.GetEnumerator();
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
