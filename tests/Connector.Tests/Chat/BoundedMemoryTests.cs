using CurKv.Connector.Chat;
using CurKv.Connector.KvCache;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Chat;

/// <summary>Texts and answers longer than the cache, and contexts that give memory back, with the small trained model.</summary>
public class BoundedMemoryTests
{
    private static readonly (string Gate, string Code)[] Facts = [("north", "4821"), ("harbour", "7350"), ("garden", "1966")];
    private static readonly string Document = Pebble.Document(420, [.. Facts.Select(fact => Pebble.Fact(fact.Gate, fact.Code))]);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReadDocumentAsync_FourTimesTheCache_AnswersFromAllOfIt()
    {
        using LlamaChatClient client = Pebble.Create(options => (options.ContextSize, options.Compression.Ratio) = (1024, 0.9));
        var progress = new Progress();
        using LlamaDocument document = await client.ReadDocumentAsync(Document, null, progress, Cancellation);

        Assert.InRange(document.Statistics.PromptTokens, 4 * 1024, 5 * 1024);
        Assert.Equal(document.Statistics.PromptTokens / 10, document.Statistics.Cells);
        Assert.InRange(document.Statistics.Compressions.Count, 4, 12);
        Assert.Equal(document.Statistics.PromptTokens, progress.Reports[^1].Processed);
        foreach ((string gate, string code) in Facts)
        {
            ChatResponse response = await document.GetResponseAsync(Pebble.Question(gate), Pebble.Greedy, Cancellation);
            Assert.Contains(code, response.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task GetStreamingResponseAsync_FourTimesTheCache_ReportsProgressAndAnswers()
    {
        using LlamaChatClient client = Pebble.Create(options => (options.ContextSize, options.Compression.Ratio) = (1024, 0.9));
        List<PromptProgress> progress = [];
        string answer = string.Empty;
        GenerationStatistics? statistics = null;
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync($"{Document}\n\n{Pebble.Question("harbour")}", Pebble.Greedy, Cancellation))
        {
            answer += update.Text;
            statistics = update.RawRepresentation as GenerationStatistics ?? statistics;
            if (update.RawRepresentation is PromptProgress step)
            {
                Assert.Empty(update.Contents);
                Assert.Empty(answer);
                progress.Add(step);
            }
        }

        Assert.Contains("7350", answer, StringComparison.Ordinal);
        Assert.True(statistics!.PromptTokens > 4 * 1024);
        Assert.All(statistics.Compressions.SkipLast(1), report => Assert.Equal(KvCompressionDefaults.QueryFreePolicy, report.Policy));
        Assert.Equal(KvCompressionDefaults.QuestionAwarePolicy, statistics.Compression!.Policy);
        Assert.Equal(statistics.PromptTokens, progress[^1].Processed);
        Assert.All(progress, step => Assert.Equal(statistics.PromptTokens, step.Total));
    }

    [Fact]
    public async Task GetResponseAsync_KeptCellsThatDoNotFit_Throws()
    {
        using LlamaChatClient client = Pebble.Create(options => options.ContextSize = 1024);

        PromptTooLongException e = await Assert.ThrowsAsync<PromptTooLongException>(() => client.GetResponseAsync(Document, Pebble.Greedy, Cancellation));

        Assert.Contains("Ratio", e.Message, StringComparison.Ordinal);
    }

    // The model may draw an end at any token, but hardly within the first 400.
    [Theory]
    [InlineData("auto")]
    [InlineData("curdkv")]
    public async Task GetResponseAsync_AnswerThatOutgrowsItsBudget_IsCompressedOnTheWay(string policy)
    {
        using LlamaChatClient client = Small(options => options.Compression.Policy = policy);

        GenerationStatistics statistics = await LongAnswerAsync(client, Pebble.Wild(seed: 1, tokens: 900));

        Assert.True(statistics.OutputTokens > 400);
        Assert.InRange(statistics.Cells, 200, 200 + 100 + 24);
        Assert.InRange(statistics.Compressions.Count, (statistics.OutputTokens / 124) - 2, statistics.OutputTokens / 100);
        Assert.All(statistics.Compressions, report => Assert.Equal(200, report.CellsAfter));
    }

    [Fact]
    public async Task GetResponseAsync_NoDecodingIntervalOrASchemaToKeepTo_EndsWithTheContext()
    {
        using LlamaChatClient never = Small(options => options.Compression.DecodingInterval = null);
        GenerationStatistics statistics = await LongAnswerAsync(never, Pebble.Wild(seed: 1, tokens: 900));
        Assert.Equal((400, 0), (statistics.Cells, statistics.Compressions.Count));

        using LlamaChatClient client = Small(_ => { });
        ChatOptions constrained = Pebble.Wild(seed: 1, tokens: 900);
        constrained.ResponseFormat = ChatResponseFormat.Json;
        statistics = await LongAnswerAsync(client, constrained);
        Assert.Equal((400, 0), (statistics.Cells, statistics.Compressions.Count));
    }

    [Fact]
    public async Task ShrunkContextHeadroom_DocumentRead_LeavesASmallContextThatGrowsAgain()
    {
        using LlamaChatClient client = Pebble.Create(options => options.ContextSize = 8192);
        using LlamaDocument plain = await client.ReadDocumentAsync(Document, cancellationToken: Cancellation);
        string[] expected = await AnswersAsync(plain);
        Assert.Equal(8192, client.Runtime.Scheduler.ContextSize);

        var options = new LlamaDocumentOptions { Compression = new() { Ratio = 0.9, ShrunkContextHeadroom = 64 } };
        using LlamaDocument document = await client.ReadDocumentAsync(Document, options, cancellationToken: Cancellation);
        int shrunk = client.Runtime.Scheduler.ContextSize;
        Assert.InRange(shrunk, document.Statistics.Cells + 64, document.Statistics.Cells + 64 + 255);

        // Small answers fit, a long one does not, and the larger document does not either.
        ChatResponse first = await document.GetResponseAsync(Pebble.Question("north"), Pebble.Greedy, Cancellation);
        Assert.Contains("4821", first.Text, StringComparison.Ordinal);
        Assert.Equal(shrunk, client.Runtime.Scheduler.ContextSize);
        string[] shrunkAnswers = await AnswersAsync(document);

        ChatResponse longer = await document.GetResponseAsync("Tell me more.", Pebble.Wild(seed: 2, tokens: 400), Cancellation);
        Assert.Equal(400, longer.Usage!.OutputTokenCount);
        Assert.Equal(8192, client.Runtime.Scheduler.ContextSize);

        // In a context of its own from the start, the same answer comes out.
        ChatResponse again = await document.GetResponseAsync("Tell me more.", Pebble.Wild(seed: 2, tokens: 400), Cancellation);
        Assert.Equal(longer.Text, again.Text);
        Assert.Equal(shrunkAnswers, await AnswersAsync(document));
        Assert.Equal(expected, await AnswersAsync(plain));
    }

    [Fact]
    public async Task ShrunkContextHeadroom_AndALongDocument_KeepMemoryFlat()
    {
        // 64 Ki cells of this model take 256 MiB.
        using LlamaChatClient client = Pebble.Create(options => options.ContextSize = 65_536);
        var options = new LlamaDocumentOptions { Compression = new() { Ratio = 0.9, ShrunkContextHeadroom = 256 } };
        using LlamaDocument first = await client.ReadDocumentAsync(Document, options, cancellationToken: Cancellation);
        long shrunk = Environment.WorkingSet;
        await client.GetResponseAsync(Pebble.Prompt("north", "4821") + new string('.', 3000), Pebble.Greedy, Cancellation);
        long large = Environment.WorkingSet;

        using LlamaDocument second = await client.ReadDocumentAsync(Document, options, cancellationToken: Cancellation);

        Assert.True(large - shrunk > 128 << 20, $"The large context added {(large - shrunk) >> 20} MiB only.");
        Assert.True(large - Environment.WorkingSet > 128 << 20, $"Shrinking gave {(large - Environment.WorkingSet) >> 20} MiB back only.");
    }

    private static LlamaChatClient Small(Action<LlamaChatClientOptions> configure) => Pebble.Create(options =>
    {
        options.ContextSize = 400;
        options.Compression.Cells = 200;
        options.Compression.MinTokens = 0;
        options.Compression.DecodingInterval = 100;
        configure(options);
    });

    private static async Task<string[]> AnswersAsync(LlamaDocument document)
    {
        List<string> answers = [];
        foreach ((string gate, _) in Facts)
        {
            answers.Add((await document.GetResponseAsync(Pebble.Question(gate), Pebble.Greedy, Cancellation)).Text);
        }

        return [.. answers];
    }

    // A model that talks nonsense at a high temperature does not stop early.
    private static async Task<GenerationStatistics> LongAnswerAsync(LlamaChatClient client, ChatOptions options)
    {
        ChatResponse response = await client.GetResponseAsync("Tell me a long story.", options, Cancellation);
        return Assert.IsType<GenerationStatistics>(response.RawRepresentation);
    }
}
