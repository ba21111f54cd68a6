using System.Globalization;
using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.Templates;
using CurKv.Connector.Tests.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CurKv.Connector.Tests.Chat;

/// <summary>The client over the real engine and the small trained model.</summary>
public class LlamaChatClientTests(PebbleFixture fixture) : IClassFixture<PebbleFixture>
{
    private static readonly string LongDocument = Pebble.Document(80, Pebble.Fact("north", "4821"), Pebble.Fact("harbour", "7350"));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private LlamaChatClient Client => fixture.Client;

    [Fact]
    public void Constructor_BadOptions_NamesTheSetting()
    {
        Assert.Throws<ArgumentNullException>("options", () => new LlamaChatClient(null!));
        OptionsValidationException e = Assert.Throws<OptionsValidationException>(() => Pebble.Create(options => options.Compression.Ratio = 1));

        Assert.Contains("Compression.Ratio is 1.", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public void GetStreamingResponseAsync_MaxOutputTokensBelowOne_ThrowsBeforeEnumeration(int tokens)
    {
        ArgumentOutOfRangeException e = Assert.Throws<ArgumentOutOfRangeException>(
            () => Client.GetStreamingResponseAsync("Hello.", new ChatOptions { MaxOutputTokens = tokens }, Cancellation));

        Assert.Contains("MaxOutputTokens", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetResponseAsync_PlantedFact_AnswersIt()
    {
        ChatResponse response = await Client.GetResponseAsync(Pebble.Prompt("north", "4821"), Pebble.Greedy, Cancellation);

        Assert.Contains("4821", response.Text, StringComparison.Ordinal);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        ChatMessage message = Assert.Single(response.Messages);
        Assert.Equal(ChatRole.Assistant, message.Role);
    }

    [Fact]
    public async Task GetResponseAsync_Conversation_RemembersItsEarlierTurns()
    {
        List<ChatMessage> messages =
        [
            new(ChatRole.User, "My door code is BE-2239."),
            new(ChatRole.Assistant, "Noted, your door code is BE-2239."),
            new(ChatRole.User, "What is a book?"),
            new(ChatRole.Assistant, "A book is a set of pages with text or pictures."),
            new(ChatRole.User, "What is my door code?"),
        ];

        Assert.Contains("BE-2239", (await Client.GetResponseAsync(messages, Pebble.Greedy, Cancellation)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_PlantedFact_ArrivesInPiecesThatMakeTheWholeAnswer()
    {
        var options = new ChatOptions { Seed = 11 };
        List<ChatResponseUpdate> updates = await ReadAsync(Client.GetStreamingResponseAsync(Pebble.Prompt("north", "4821"), options, Cancellation));
        ChatResponse response = await Client.GetResponseAsync(Pebble.Prompt("north", "4821"), options, Cancellation);

        Assert.Contains("4821", response.Text, StringComparison.Ordinal);
        Assert.Equal(response.Text, string.Concat(updates.Select(update => update.Text)));
        Assert.True(updates.Count(update => update.Text.Length > 0) > 3, "The answer did not come in pieces.");
    }

    [Fact]
    public async Task GetStreamingResponseAsync_WildAnswer_IsTheNonStreamingOneForTheSameSeed()
    {
        List<ChatResponseUpdate> updates = await ReadAsync(Client.GetStreamingResponseAsync("Hello.", Pebble.Wild(seed: 3), Cancellation));
        ChatResponse response = await Client.GetResponseAsync("Hello.", Pebble.Wild(seed: 3), Cancellation);

        Assert.Equal(response.Text, string.Concat(updates.Select(update => update.Text)));
        Assert.Equal(response.Text, (await Client.GetResponseAsync("Hello.", Pebble.Wild(seed: 3), Cancellation)).Text);
        Assert.NotEqual(response.Text, (await Client.GetResponseAsync("Hello.", Pebble.Wild(seed: 4), Cancellation)).Text);
    }

    [Fact]
    public async Task GetResponseAsync_HighTemperatureWithoutSeed_DiffersFromCallToCall()
    {
        ChatResponse first = await Client.GetResponseAsync("Hello.", Pebble.Wild(), Cancellation);
        ChatResponse second = await Client.GetResponseAsync("Hello.", Pebble.Wild(), Cancellation);

        Assert.NotEqual(first.Text, second.Text);
    }

    [Fact]
    public async Task GetResponseAsync_TemperatureZero_TakesTheLikeliestTokenWhateverTheSeed()
    {
        ChatOptions[] options = [Pebble.Greedy, new() { Temperature = 0, Seed = 1 }, new() { Temperature = 0, Seed = 2, TopK = 0, TopP = 1 }];
        List<string> answers = [];
        foreach (ChatOptions each in options)
        {
            answers.Add((await Client.GetResponseAsync("List three fruits.", each, Cancellation)).Text);
        }

        Assert.Single(answers.Distinct());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task GetResponseAsync_MaxOutputTokens_EndsThereByLength(int tokens)
    {
        ChatResponse response = await Client.GetResponseAsync(Pebble.Prompt("north", "4821"), new ChatOptions { Temperature = 0, MaxOutputTokens = tokens }, Cancellation);

        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
        Assert.Equal(tokens, response.Usage!.OutputTokenCount);
        Assert.NotEmpty(response.Text);
    }

    [Fact]
    public async Task GetResponseAsync_NoLimitAndNoEnd_GoesOnUntilTheContextIsFull()
    {
        using LlamaChatClient client = Pebble.Create(options => options.ContextSize = 512);
        ChatOptions endless = Pebble.Wild(seed: 1);
        endless.MaxOutputTokens = null;

        ChatResponse response = await client.GetResponseAsync("Hello.", endless, Cancellation);

        // The last token needs no cell: nothing is decoded from it.
        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
        Assert.Equal(512 + 1, response.Usage!.TotalTokenCount);
        Assert.True(response.Usage.OutputTokenCount > 400, $"{response.Usage.OutputTokenCount}");
    }

    [Fact]
    public async Task GetResponseAsync_StopSequence_EndsBeforeIt()
    {
        string whole = (await Client.GetResponseAsync(Pebble.Prompt("north", "4821"), Pebble.Greedy, Cancellation)).Text;
        Assert.Contains(" gate is", whole, StringComparison.Ordinal);

        // It begins and ends within tokens, and the second one would come later.
        var options = new ChatOptions { Temperature = 0, StopSequences = ["ate i", "4821"] };
        ChatResponse response = await Client.GetResponseAsync(Pebble.Prompt("north", "4821"), options, Cancellation);

        Assert.Equal(whole[..whole.IndexOf("ate i", StringComparison.Ordinal)], response.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
    }

    [Fact]
    public async Task GetResponseAsync_StopSequenceThatDoesNotCome_LosesNothing()
    {
        ChatResponse whole = await Client.GetResponseAsync(Pebble.Prompt("north", "4821"), Pebble.Greedy, Cancellation);
        string end = whole.Text[^2..];

        // Its beginning is the answer's end, which is held back to the last.
        var options = new ChatOptions { Temperature = 0, StopSequences = [end + "never", "", null!] };
        ChatResponse response = await Client.GetResponseAsync(Pebble.Prompt("north", "4821"), options, Cancellation);

        Assert.Equal(whole.Text, response.Text);
    }

    [Fact]
    public async Task GetResponseAsync_ShortPrompt_CountsItsTokensAndCompressesNothing()
    {
        string text = Pebble.Prompt("north", "4821");
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
        int[] prompt = new PromptBuilder(engine, ChatTemplate.Create(engine, null, TimeProvider.System, NullLogger.Instance)).Build(new Conversation([new ChatTurn("user", text)])).Tokens;
        UsageDetails usage = (await Client.GetResponseAsync(text, Pebble.Greedy, Cancellation)).Usage!;

        Assert.Equal(prompt.Length, usage.InputTokenCount);
        Assert.InRange(usage.OutputTokenCount!.Value, 5, 40);
        Assert.Equal(usage.InputTokenCount + usage.OutputTokenCount, usage.TotalTokenCount);
        Assert.Equal(0, usage.CachedInputTokenCount);
        Assert.Null(usage.AdditionalCounts);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.75)]
    public async Task GetResponseAsync_LongPrompt_IsCompressedReportedAndStillAnswered(double ratio)
    {
        using LlamaChatClient client = Pebble.Create(options =>
        {
            options.Compression.Ratio = ratio;
            options.Compression.MinTokens = 256;
        });

        foreach ((string gate, string code) in new[] { ("north", "4821"), ("harbour", "7350") })
        {
            ChatResponse response = await client.GetResponseAsync($"{LongDocument}\n\n{Pebble.Question(gate)}", Pebble.Greedy, Cancellation);

            Assert.Contains(code, response.Text, StringComparison.Ordinal);
            UsageDetails usage = response.Usage!;
            long kept = usage.AdditionalCounts!["kv_cells_kept"];
            Assert.Equal((long)(usage.InputTokenCount!.Value * (1 - ratio)), kept);
            Assert.Equal(usage.InputTokenCount - kept, usage.AdditionalCounts["kv_cells_evicted"]);
            GenerationStatistics statistics = Assert.IsType<GenerationStatistics>(response.RawRepresentation);
            Assert.Equal(KvCompressionDefaults.QuestionAwarePolicy, statistics.Compression!.Policy);
            Assert.Equal(kept + usage.OutputTokenCount!.Value, statistics.Cells);
        }
    }

    [Fact]
    public async Task GetResponseAsync_CellsGiven_KeepsThatMany()
    {
        using LlamaChatClient client = Pebble.Create(options =>
        {
            options.Compression.Cells = 300;
            options.Compression.MinTokens = 0;
        });

        ChatResponse compressed = await client.GetResponseAsync($"{LongDocument}\n\n{Pebble.Question("north")}", Pebble.Greedy, Cancellation);
        ChatResponse small = await client.GetResponseAsync(Pebble.Prompt("north", "4821"), Pebble.Greedy, Cancellation);

        Assert.Equal(300, compressed.Usage!.AdditionalCounts!["kv_cells_kept"]);
        Assert.Null(small.Usage!.AdditionalCounts);
        Assert.Contains("4821", small.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none", 256)]
    [InlineData("curdkv", 2000)]
    public async Task GetResponseAsync_NoPolicyOrTooFewTokens_LeavesTheCellsAlone(string policy, int minTokens)
    {
        using LlamaChatClient client = Pebble.Create(options => options.Compression = new() { Policy = policy, Ratio = 0.9, MinTokens = minTokens });

        ChatResponse response = await client.GetResponseAsync($"{LongDocument}\n\n{Pebble.Question("harbour")}", Pebble.Greedy, Cancellation);

        Assert.Contains("7350", response.Text, StringComparison.Ordinal);
        Assert.Null(response.Usage!.AdditionalCounts);
        GenerationStatistics statistics = Assert.IsType<GenerationStatistics>(response.RawRepresentation);
        Assert.Null(statistics.Compression);
        Assert.Equal(response.Usage.TotalTokenCount, statistics.Cells);
    }

    [Fact]
    public async Task GetResponseAsync_PromptLongerThanTheContext_ThrowsWithTheNumbers()
    {
        using LlamaChatClient client = Pebble.Create(options => options.ContextSize = 256);

        PromptTooLongException e = await Assert.ThrowsAsync<PromptTooLongException>(
            () => client.GetResponseAsync($"{LongDocument}\n\n{Pebble.Question("north")}", Pebble.Greedy, Cancellation));

        Assert.Equal(256, e.ContextSize);
        Assert.InRange(e.Tokens, 257, 2048);
        Assert.Contains(e.Tokens.ToString(CultureInfo.InvariantCulture), e.Message, StringComparison.Ordinal);
        Assert.Contains("ContextSize", e.Message, StringComparison.Ordinal);
        Assert.Contains("4821", (await client.GetResponseAsync(Pebble.Prompt("north", "4821"), Pebble.Greedy, Cancellation)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetResponseAsync_Instructions_AreTheSystemMessage()
    {
        const string Instructions = "You are a helpful assistant.";
        ChatOptions wild = Pebble.Wild(seed: 8);
        ChatResponse asMessage = await Client.GetResponseAsync([new(ChatRole.System, Instructions), new(ChatRole.User, "Hello.")], wild, Cancellation);
        wild.Instructions = Instructions;
        ChatResponse asOption = await Client.GetResponseAsync("Hello.", wild, Cancellation);
        wild.Instructions = null;
        ChatResponse without = await Client.GetResponseAsync("Hello.", wild, Cancellation);

        Assert.Equal(asMessage.Text, asOption.Text);
        Assert.Equal(asMessage.Usage!.InputTokenCount, asOption.Usage!.InputTokenCount);
        Assert.True(asOption.Usage.InputTokenCount > without.Usage!.InputTokenCount + 5);
    }

    [Fact]
    public async Task GetResponseAsync_FourAtOnce_EachGetsItsOwnAnswer()
    {
        (string Gate, string Code)[] facts = [("north", "4821"), ("south", "7350"), ("east", "1966"), ("west", "3304")];

        ChatResponse[] responses = await Task.WhenAll(
            facts.Select(fact => Client.GetResponseAsync(Pebble.Prompt(fact.Gate, fact.Code), Pebble.Greedy, Cancellation)));

        for (int i = 0; i < facts.Length; i++)
        {
            Assert.Contains(facts[i].Code, responses[i].Text, StringComparison.Ordinal);
            Assert.Equal(ChatFinishReason.Stop, responses[i].FinishReason);
        }
    }

    [Fact]
    public async Task Dispose_WhileGenerating_EndsTheAnswer()
    {
        LlamaChatClient client = Pebble.Create();
        ChatOptions endless = Pebble.Wild();
        endless.MaxOutputTokens = null;
        IAsyncEnumerable<ChatResponseUpdate> stream = client.GetStreamingResponseAsync("Hello.", endless, Cancellation);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate _ in stream)
            {
                client.Dispose();
            }
        });

        client.Dispose();
        Assert.Throws<ObjectDisposedException>(() => client.GetStreamingResponseAsync("Hello.", cancellationToken: Cancellation));
    }

    private static async Task<List<ChatResponseUpdate>> ReadAsync(IAsyncEnumerable<ChatResponseUpdate> updates)
    {
        List<ChatResponseUpdate> result = [];
        await foreach (ChatResponseUpdate update in updates)
        {
            result.Add(update);
        }

        return result;
    }
}
