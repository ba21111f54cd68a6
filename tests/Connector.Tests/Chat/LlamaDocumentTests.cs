using CurKv.Connector.Chat;
using CurKv.Connector.Tests.Engine;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace CurKv.Connector.Tests.Chat;

/// <summary>Documents over the real engine and the small trained model.</summary>
public class LlamaDocumentTests(PebbleFixture fixture) : IClassFixture<PebbleFixture>
{
    private static readonly (string Gate, string Code)[] Facts = [("north", "4821"), ("harbour", "7350"), ("garden", "1966")];
    private static readonly string Document = Pebble.Document(80, [.. Facts.Select(fact => Pebble.Fact(fact.Gate, fact.Code))]);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private LlamaChatClient Client => fixture.Client;

    // Harmony's answers stand in channels of their own, which a form told in the question cannot be put into.
    [Fact]
    public async Task GetStreamingResponseAsync_ToolsAndAFormatOfItsOwn_NamesTheWayToAsk()
    {
        string harmony = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Corpus", "gpt-oss.jinja"));
        var engine = new FakeLlamaEngine { Model = new FakeLlamaEngine().Model with { ChatTemplate = harmony } };
        using LlamaChatClient client = engine.CreateClient();
        using LlamaDocument document = await client.ReadDocumentAsync("A text.", cancellationToken: TestContext.Current.CancellationToken);

        var e = Assert.Throws<NotSupportedException>(() => document.GetStreamingResponseAsync("What?", new ChatOptions { Tools = [AIFunctionFactory.Create(() => 1, "one")] }, TestContext.Current.CancellationToken));
        Assert.Contains(nameof(LlamaChatClient), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadDocumentAsync_NoText_Throws()
    {
        await Assert.ThrowsAsync<ArgumentNullException>("document", () => Client.ReadDocumentAsync(null!, cancellationToken: Cancellation));
        await Assert.ThrowsAsync<ArgumentException>("document", () => Client.ReadDocumentAsync("", cancellationToken: Cancellation));
    }

    [Theory]
    [InlineData("Ratio", 1.0, "curdkv", null, 16)]
    [InlineData("Policy", 0.5, "nosuch", null, 16)]
    [InlineData("Cells", 0.5, "curdkv", 2049, 16)]
    [InlineData("Recent", 0.5, "curdkv", null, 0)]
    public async Task ReadDocumentAsync_BadCompression_NamesTheSetting(string setting, double ratio, string policy, int? cells, int recent)
    {
        var options = new LlamaDocumentOptions { Compression = new() { Ratio = ratio, Policy = policy, Cells = cells, Recent = recent } };

        OptionsValidationException e = await Assert.ThrowsAsync<OptionsValidationException>(() => Client.ReadDocumentAsync(Document, options, cancellationToken: Cancellation));

        Assert.StartsWith(setting + " ", Assert.Single(e.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadDocumentAsync_DocumentTooLong_ThrowsWithTheNumbers()
    {
        using LlamaChatClient client = Pebble.Create(options => options.ContextSize = 256);
        var progress = new Progress();

        PromptTooLongException e = await Assert.ThrowsAsync<PromptTooLongException>(() => client.ReadDocumentAsync(Document, null, progress, Cancellation));

        Assert.Equal(256, e.ContextSize);
        Assert.InRange(e.Tokens, 257, 2048);
        Assert.Empty(progress.Reports);
    }

    [Fact]
    public async Task GetResponseAsync_BadMessages_ThrowsBeforeEnumeration()
    {
        using LlamaDocument document = await Client.ReadDocumentAsync("A short text.", cancellationToken: Cancellation);

        Assert.Throws<ArgumentNullException>("messages", () => { _ = document.GetResponseAsync((IEnumerable<ChatMessage>)null!, cancellationToken: Cancellation); });
        Assert.Throws<ArgumentException>("messages", () => document.GetStreamingResponseAsync([], cancellationToken: Cancellation));
        Assert.Throws<ArgumentNullException>("serviceType", () => document.GetService(null!));
    }

    [Fact]
    public async Task GetResponseAsync_SystemMessageOrInstructions_NamesTheWayToGiveThem()
    {
        using LlamaDocument document = await Client.ReadDocumentAsync("A short text.", cancellationToken: Cancellation);

        ArgumentException byMessage = Assert.Throws<ArgumentException>(
            () => document.GetStreamingResponseAsync([new(ChatRole.System, "Be kind."), new(ChatRole.User, "What?")], cancellationToken: Cancellation));
        ArgumentException byOption = Assert.Throws<ArgumentException>(
            () => document.GetStreamingResponseAsync("What?", new ChatOptions { Instructions = "Be kind." }, Cancellation));

        Assert.Contains("LlamaDocumentOptions.Instructions", byMessage.Message, StringComparison.Ordinal);
        Assert.Equal(byMessage.Message, byOption.Message);
    }

    [Theory]
    [InlineData("none", 0.5)]
    [InlineData("curdkv", 0.5)]
    [InlineData("curdkv", 0.75)]
    public async Task GetResponseAsync_ReadOnce_AnswersSeveralQuestions(string policy, double ratio)
    {
        using LlamaDocument document = await ReadAsync(policy, ratio);
        GenerationStatistics read = document.Statistics;
        Assert.Equal(policy == "none" ? read.PromptTokens : (int)(read.PromptTokens * (1 - ratio)), read.Cells);
        Assert.Equal(policy == "none" ? null : read.Cells, read.Compression?.CellsAfter);
        Assert.Equal((0, 0, 0), (read.CachedPromptTokens, read.OutputTokens, read.DecodedTokens));
        Assert.True(read.PrefillTime > TimeSpan.Zero);

        foreach ((string gate, string code) in Facts.Concat(Facts.Reverse()))
        {
            ChatResponse response = await document.GetResponseAsync(Pebble.Question(gate), Pebble.Greedy, Cancellation);

            Assert.Contains(code, response.Text, StringComparison.Ordinal);
            Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
            UsageDetails usage = response.Usage!;
            Assert.Equal(read.PromptTokens, usage.CachedInputTokenCount);
            Assert.InRange(usage.InputTokenCount!.Value, read.PromptTokens + 5, read.PromptTokens + 40);
            Assert.Equal(usage.InputTokenCount + usage.OutputTokenCount, usage.TotalTokenCount);

            // The whole question is read, and all of the answer but the token that ends it.
            long cells = read.Cells + (usage.InputTokenCount.Value - read.PromptTokens) + usage.OutputTokenCount!.Value;
            Assert.Equal(cells, Assert.IsType<GenerationStatistics>(response.RawRepresentation).Cells);
        }
    }

    [Fact]
    public async Task GetResponseAsync_WholeCache_AnswersWhatTheWholePromptAnswers()
    {
        using LlamaChatClient client = Pebble.Create(options => options.Compression.Policy = "none");
        using LlamaDocument document = await client.ReadDocumentAsync(Document, cancellationToken: Cancellation);
        string question = Pebble.Question("harbour");

        ChatResponse fromDocument = await document.GetResponseAsync(question, Pebble.Greedy, Cancellation);
        ChatResponse fromPrompt = await client.GetResponseAsync($"{Document}\n\n{question}", Pebble.Greedy, Cancellation);

        Assert.Equal(fromPrompt.Text, fromDocument.Text);
        Assert.Equal(fromPrompt.Usage!.InputTokenCount, fromDocument.Usage!.InputTokenCount);
        Assert.Equal(fromPrompt.Usage.OutputTokenCount, fromDocument.Usage.OutputTokenCount);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_Question_GivesTheUpdatesOfTheWholeAnswer()
    {
        using LlamaDocument document = await ReadAsync("curdkv");
        List<ChatResponseUpdate> updates = [];
        await foreach (ChatResponseUpdate update in document.GetStreamingResponseAsync(Pebble.Question("north"), Pebble.Greedy, Cancellation))
        {
            updates.Add(update);
        }

        ChatResponse response = await document.GetResponseAsync(Pebble.Question("north"), Pebble.Greedy, Cancellation);

        Assert.Equal(response.Text, string.Concat(updates.Select(update => update.Text)));
        Assert.Single(updates.SelectMany(update => update.Contents).OfType<UsageContent>());
        Assert.Equal(response.ModelId, updates[0].ModelId);
    }

    [Fact]
    public async Task GetResponseAsync_FollowUp_KnowsTheTurnsThatAreSent()
    {
        using LlamaDocument document = await ReadAsync("curdkv");
        List<ChatMessage> messages =
        [
            new(ChatRole.User, "My door code is BE-2239."),
            new(ChatRole.Assistant, "Noted, your door code is BE-2239."),
            new(ChatRole.User, "What is my door code?"),
        ];

        Assert.Contains("BE-2239", (await document.GetResponseAsync(messages, Pebble.Greedy, Cancellation)).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("BE-2239", (await document.GetResponseAsync("What is my door code?", Pebble.Greedy, Cancellation)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetResponseAsync_TwoDocuments_KeepTheirOwnContents()
    {
        using LlamaDocument first = await Client.ReadDocumentAsync(Pebble.Document(60, Pebble.Fact("north", "4821")), cancellationToken: Cancellation);
        using LlamaDocument second = await Client.ReadDocumentAsync(Pebble.Document(60, Pebble.Fact("north", "7350")), cancellationToken: Cancellation);

        for (int round = 0; round < 2; round++)
        {
            Assert.Contains("4821", (await first.GetResponseAsync(Pebble.Question("north"), Pebble.Greedy, Cancellation)).Text, StringComparison.Ordinal);
            Assert.Contains("7350", (await second.GetResponseAsync(Pebble.Question("north"), Pebble.Greedy, Cancellation)).Text, StringComparison.Ordinal);
            Assert.Contains("1966", (await Client.GetResponseAsync(Pebble.Prompt("north", "1966"), Pebble.Greedy, Cancellation)).Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task GetResponseAsync_QuestionsAtOnce_EachGetsItsOwnAnswer()
    {
        using LlamaDocument document = await ReadAsync("curdkv");

        ChatResponse[] responses = await Task.WhenAll(
            Facts.Select(fact => Task.Run(() => document.GetResponseAsync(Pebble.Question(fact.Gate), Pebble.Greedy, Cancellation), Cancellation)));

        Assert.All(Facts.Zip(responses), pair => Assert.Contains(pair.First.Code, pair.Second.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task ReadDocumentAsync_Instructions_AreReadProtectedAndPartOfEachPrompt()
    {
        const string Instructions = "You are a helpful assistant. Answer briefly and correctly.";
        var options = new LlamaDocumentOptions { Instructions = Instructions, Compression = new() { Ratio = 0.5 } };
        using LlamaDocument with = await Client.ReadDocumentAsync(Document, options, cancellationToken: Cancellation);
        using LlamaDocument without = await ReadAsync("curdkv");

        Assert.InRange(with.Statistics.PromptTokens, without.Statistics.PromptTokens + 10, without.Statistics.PromptTokens + 30);
        ChatResponse response = await with.GetResponseAsync(Pebble.Question("garden"), Pebble.Greedy, Cancellation);
        Assert.Contains("1966", response.Text, StringComparison.Ordinal);
        Assert.Equal(with.Statistics.PromptTokens, response.Usage!.CachedInputTokenCount);
    }

    [Fact]
    public async Task ReadDocumentAsync_EmptyInstructions_AreNone()
    {
        using LlamaDocument empty = await Client.ReadDocumentAsync("A short text.", new LlamaDocumentOptions { Instructions = "" }, cancellationToken: Cancellation);
        using LlamaDocument none = await Client.ReadDocumentAsync("A short text.", cancellationToken: Cancellation);

        Assert.Equal(none.Statistics.PromptTokens, empty.Statistics.PromptTokens);
    }

    [Fact]
    public async Task ReadDocumentAsync_Progress_RisesByTheBatchToTheEnd()
    {
        using LlamaChatClient client = Pebble.Create(options => options.BatchSize = 128);
        var progress = new Progress();
        using LlamaDocument document = await client.ReadDocumentAsync(Document, null, progress, Cancellation);

        int total = document.Statistics.PromptTokens;
        Assert.All(progress.Reports, report => Assert.Equal(total, report.Total));
        Assert.Equal(Enumerable.Range(1, (total + 127) / 128).Select(i => Math.Min(i * 128, total)), progress.Reports.Select(report => report.Processed));
    }

    [Fact]
    public async Task ReadDocumentAsync_Cancelled_ThrowsAndTheClientReadsAgain()
    {
        using LlamaChatClient client = Pebble.Create(options => options.BatchSize = 128);
        using var cancellation = new CancellationTokenSource();
        var progress = new Progress(_ => cancellation.Cancel());

        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ReadDocumentAsync(Document, null, progress, cancellation.Token));

        Assert.Equal(cancellation.Token, e.CancellationToken);
        Assert.Single(progress.Reports);
        using LlamaDocument document = await client.ReadDocumentAsync(Document, cancellationToken: Cancellation);
        Assert.Contains("7350", (await document.GetResponseAsync(Pebble.Question("harbour"), Pebble.Greedy, Cancellation)).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task ReadDocumentAsync_ClientDisposedByTheProgressHandler_EndsTheReading(int report)
    {
        LlamaChatClient client = Pebble.Create(options => options.BatchSize = 16);
        var progress = new Progress(state =>
        {
            if (--report == 0 || state.Processed == state.Total)
            {
                client.Dispose();
            }
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ReadDocumentAsync(Pebble.Document(3), null, progress, Cancellation));
    }

    [Fact]
    public async Task GetResponseAsync_ConversationLongerThanWhatIsLeft_ThrowsWithTheNumbers()
    {
        using LlamaDocument document = await ReadAsync("none");

        PromptTooLongException e = await Assert.ThrowsAsync<PromptTooLongException>(
            () => document.GetResponseAsync($"{Document} {Document} {Pebble.Question("north")}", Pebble.Greedy, Cancellation));

        Assert.Equal(2048, e.ContextSize);
        Assert.InRange(e.Tokens, 2049, 4000);
        Assert.Contains("4821", (await document.GetResponseAsync(Pebble.Question("north"), Pebble.Greedy, Cancellation)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetService_KnownTypes_GivesTheClientsFactsAndTheDocument()
    {
        using LlamaDocument document = await Client.ReadDocumentAsync("A short text.", cancellationToken: Cancellation);

        Assert.Same(Client.GetService<ChatClientMetadata>(), document.GetService<ChatClientMetadata>());
        Assert.Same(Client.GetService<LlamaRuntimeInfo>(), document.GetService<LlamaRuntimeInfo>());
        Assert.Same(document, document.GetService<IChatClient>());
        Assert.Same(document, document.GetService<LlamaDocument>());
        Assert.Null(document.GetService<LlamaChatClient>());
        Assert.Null(document.GetService(typeof(LlamaDocument), "key"));
    }

    private Task<LlamaDocument> ReadAsync(string policy, double ratio = 0.5) =>
        Client.ReadDocumentAsync(Document, new LlamaDocumentOptions { Compression = new() { Policy = policy, Ratio = ratio } }, cancellationToken: Cancellation);
}
