using CurKv.Connector.Tests.Chat;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Conformance;

public abstract partial class ChatClientConformance
{
    [Fact]
    public async Task GetStreamingResponseAsync_EveryUpdate_SaysWhoseItIs()
    {
        DateTimeOffset before = DateTimeOffset.UtcNow;

        List<ChatResponseUpdate> updates = await ReadAsync(Question, Pebble.Greedy);

        Assert.All(updates, update =>
        {
            Assert.Equal(ChatRole.Assistant, update.Role);
            Assert.Equal(Client.GetService<ChatClientMetadata>()!.DefaultModelId, update.ModelId);
            Assert.Equal((updates[0].ResponseId, updates[0].MessageId), (update.ResponseId, update.MessageId));
            Assert.InRange(update.CreatedAt!.Value, before, DateTimeOffset.UtcNow);
            Assert.Equal(TimeSpan.Zero, update.CreatedAt.Value.Offset);
            Assert.Null(update.ConversationId);
        });
        Assert.NotEmpty(updates[0].ResponseId!);
        Assert.NotEmpty(updates[0].MessageId!);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_TwoCalls_HaveIdsOfTheirOwn()
    {
        ChatResponseUpdate first = (await ReadAsync(Question, Pebble.Greedy))[0];
        ChatResponseUpdate second = (await ReadAsync(Question, Pebble.Greedy))[0];

        Assert.NotEqual(first.ResponseId, second.ResponseId);
        Assert.NotEqual(first.MessageId, second.MessageId);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_Text_ComesInPiecesThatMakeTheWholeAnswer()
    {
        List<ChatResponseUpdate> updates = await ReadAsync(Question, Pebble.Greedy);
        ChatResponse response = await AskAsync(Question, Pebble.Greedy);

        Assert.Contains(Code, response.Text, StringComparison.Ordinal);
        Assert.Equal(response.Text, string.Concat(updates.Select(update => update.Text)));
        Assert.True(updates.Count(update => update.Text.Length > 0) > 3, "The answer did not come in pieces.");
    }

    [Fact]
    public async Task GetStreamingResponseAsync_End_HasTheFinishReasonAndTheOnlyUsage()
    {
        List<ChatResponseUpdate> updates = await ReadAsync(Question, Pebble.Greedy);

        Assert.All(updates[..^1], update => Assert.Null(update.FinishReason));
        Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
        UsageContent usage = Assert.Single(updates.SelectMany(update => update.Contents).OfType<UsageContent>());
        Assert.Contains(usage, updates[^1].Contents);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_AnyEnd_HasOneFinishReasonAndOneUsage()
    {
        (ChatOptions Options, ChatFinishReason Reason)[] ends =
        [
            (new() { Temperature = 0, StopSequences = ["gate"] }, ChatFinishReason.Stop),
            (new() { Temperature = 0, MaxOutputTokens = 2 }, ChatFinishReason.Length),
            (new() { Temperature = 0, ResponseFormat = ChatResponseFormat.ForJsonSchema<Colour>() }, ChatFinishReason.Stop),
            (new() { Temperature = 0, Tools = [Tools.Weather], ToolMode = ChatToolMode.RequireAny, AllowMultipleToolCalls = false }, ChatFinishReason.ToolCalls),
        ];
        foreach ((ChatOptions options, ChatFinishReason reason) in ends)
        {
            List<ChatResponseUpdate> updates = await ReadAsync(Question, options);

            Assert.Equal(reason, Assert.Single(updates.Select(update => update.FinishReason).OfType<ChatFinishReason>()));
            Assert.Single(updates.SelectMany(update => update.Contents).OfType<UsageContent>());
        }
    }

    [Fact]
    public async Task GetResponseAsync_Whole_SaysWhatTheUpdatesSay()
    {
        ChatResponse whole = await CallAsync(Client, streaming: false, Question, Pebble.Greedy, Cancellation);
        ChatResponse streamed = await CallAsync(Client, streaming: true, Question, Pebble.Greedy, Cancellation);

        ChatMessage message = Assert.Single(whole.Messages);
        Assert.Equal((ChatRole.Assistant, streamed.Text), (message.Role, message.Text));
        Assert.Equal((streamed.ModelId, streamed.FinishReason), (whole.ModelId, whole.FinishReason));
        Assert.NotEmpty(whole.ResponseId!);
        Assert.NotEmpty(message.MessageId!);
        Assert.Equal(TimeSpan.Zero, whole.CreatedAt!.Value.Offset);
        Assert.Equal(streamed.Usage!.OutputTokenCount, whole.Usage!.OutputTokenCount);
        Assert.Empty(message.Contents.OfType<UsageContent>());
    }

    // Who gives a conversation id says that it keeps the history, and wrappers no longer send it.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_Response_HasNoConversationId(bool streaming)
    {
        ChatResponse response = await CallAsync(Client, streaming, Question, Pebble.Greedy, Cancellation);

        Assert.Null(response.ConversationId);
        Assert.Null(response.ContinuationToken);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task GetResponseAsync_MaxOutputTokens_EndsThereByLength(int tokens)
    {
        ChatResponse response = await AskAsync(Question, new ChatOptions { Temperature = 0, MaxOutputTokens = tokens });

        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
        Assert.Equal(tokens, response.Usage!.OutputTokenCount);
    }

    // A long prompt takes a while: callers see that it is being read.
    [Fact]
    public async Task GetStreamingResponseAsync_LongPrompt_ReportsItsProgress()
    {
        using IChatClient client = Create(batchSize: 8);

        List<ChatResponseUpdate> updates = await ReadAsync(client.GetStreamingResponseAsync(Question, Pebble.Greedy, Cancellation));

        PromptProgress[] progress = [.. updates.Select(update => update.RawRepresentation).OfType<PromptProgress>()];
        Assert.True(progress.Length > 3, $"{progress.Length} reports");
        Assert.Equal(progress.OrderBy(step => step.Processed), progress);
        Assert.All(updates.Take(progress.Length), update => Assert.Equal((ChatRole.Assistant, updates[^1].ResponseId), (update.Role, update.ResponseId)));
        Assert.All(updates.Take(progress.Length), update => Assert.Empty(update.Contents));
    }

    [Fact]
    public async Task GetStreamingResponseAsync_EnumeratedTwice_AnswersTwice()
    {
        IAsyncEnumerable<ChatResponseUpdate> stream = Client.GetStreamingResponseAsync(Question, Pebble.Greedy, Cancellation);

        List<ChatResponseUpdate> first = await ReadAsync(stream);
        List<ChatResponseUpdate> second = await ReadAsync(stream);

        Assert.Equal(first.Select(update => update.Text), second.Select(update => update.Text));
        Assert.NotEqual(first[0].ResponseId, second[0].ResponseId);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_NotEnumerated_DoesNothing()
    {
        _ = Client.GetStreamingResponseAsync(Question, Pebble.Wild(tokens: int.MaxValue), Cancellation);

        Assert.Contains(Code, (await AskAsync(Question, Pebble.Greedy)).Text, StringComparison.Ordinal);
    }
}
