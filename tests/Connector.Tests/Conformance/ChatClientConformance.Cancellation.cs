using CurKv.Connector.Chat;
using CurKv.Connector.Tests.Chat;
using CurKv.Connector.Tests.Engine;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Conformance;

public abstract partial class ChatClientConformance
{
    /// <summary>Options of an answer that goes on until the context is full.</summary>
    protected static ChatOptions Endless
    {
        get
        {
            ChatOptions options = Pebble.Wild(seed: 1);
            options.MaxOutputTokens = null;
            return options;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_AlreadyCancelledToken_Throws(bool streaming)
    {
        var cancelled = new CancellationToken(canceled: true);

        await AssertCancelledAsync(() => CallAsync(Client, streaming, Question, Pebble.Greedy, cancelled), cancelled);

        await AssertAnswersAsync(Client);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_CancelledMidway_ThrowsInsteadOfEnding()
    {
        using var cancellation = new CancellationTokenSource();

        await AssertCancelledAsync(
            async () =>
            {
                await foreach (ChatResponseUpdate update in Client.GetStreamingResponseAsync("Hello.", Endless, cancellation.Token))
                {
                    await cancellation.CancelAsync();
                }
            },
            cancellation.Token);

        await AssertAnswersAsync(Client);
    }

    [Fact]
    public async Task GetResponseAsync_CancelledMidway_Throws()
    {
        using var cancellation = new CancellationTokenSource();
        await using IAsyncEnumerator<ChatResponseUpdate> before = Client.GetStreamingResponseAsync("Hello.", Endless, Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await before.MoveNextAsync());

        // It waits for the one before, or runs beside it.
        Task<ChatResponse> call = Client.GetResponseAsync("Hello.", Endless, cancellation.Token);
        await cancellation.CancelAsync();

        await AssertCancelledAsync(() => call.WaitAsync(Patience.Limit, Cancellation), cancellation.Token);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_TokenGivenToTheEnumeration_CancelsAsWell()
    {
        using var cancellation = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
#pragma warning disable xUnit1051 // The other way of giving a token is what this is about.
            await foreach (ChatResponseUpdate _ in Client.GetStreamingResponseAsync("Hello.", Endless).WithCancellation(cancellation.Token))
#pragma warning restore xUnit1051
            {
                await cancellation.CancelAsync();
            }
        });

        await AssertAnswersAsync(Client);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task GetStreamingResponseAsync_TwoTokens_EitherCancels(bool byTheCall)
    {
        using var ofTheCall = new CancellationTokenSource();
        using var ofTheEnumeration = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate _ in Client.GetStreamingResponseAsync("Hello.", Endless, ofTheCall.Token).WithCancellation(ofTheEnumeration.Token))
            {
                await (byTheCall ? ofTheCall : ofTheEnumeration).CancelAsync();
            }
        });

        await AssertAnswersAsync(Client);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_CancelledWhileThePromptIsRead_ThrowsBeforeAnyText()
    {
        using LlamaChatClient client = Create(contextSize: 4096, batchSize: 16);
        using var cancellation = new CancellationTokenSource();
        List<ChatResponseUpdate> updates = [];

        await AssertCancelledAsync(
            async () =>
            {
                await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync($"{Pebble.Document(60)}\n\n{Question}", Endless, cancellation.Token))
                {
                    updates.Add(update);
                    await cancellation.CancelAsync();
                }
            },
            cancellation.Token);

        Assert.All(updates.TakeWhile(update => update.RawRepresentation is PromptProgress), update => Assert.Empty(update.Text));
        Assert.IsType<PromptProgress>(updates[0].RawRepresentation);
        await AssertAnswersAsync(client);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_LeftMidway_StopsTheGeneration()
    {
        await foreach (ChatResponseUpdate _ in Client.GetStreamingResponseAsync("Hello.", Endless, Cancellation))
        {
            break;
        }

        await AssertAnswersAsync(Client);
    }

    /// <summary>Whether a call ends by the caller's own token.</summary>
    protected static async Task AssertCancelledAsync(Func<Task> call, CancellationToken token)
    {
        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(call);
        Assert.Equal(token, e.CancellationToken);
    }

    /// <summary>Whether the client answers as if nothing had been.</summary>
    protected static async Task AssertAnswersAsync(LlamaChatClient client) => Assert.Contains(
        Code, (await client.GetResponseAsync(Question, Pebble.Greedy, Cancellation).WaitAsync(Patience.Limit, Cancellation)).Text, StringComparison.Ordinal);
}
