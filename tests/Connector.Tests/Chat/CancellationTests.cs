using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using CurKv.Connector.Tests.Engine;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Chat;

/// <summary>A cancelled call throws, wherever it was, and leaves the client ready for the next one.</summary>
public class CancellationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_AlreadyCancelledToken_ThrowsAndReadsNothing(bool streaming)
    {
        var engine = new FakeLlamaEngine();
        using LlamaChatClient client = engine.CreateClient();
        var cancelled = new CancellationToken(canceled: true);

        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CallAsync(client, streaming, cancelled));

        Assert.Equal(cancelled, e.CancellationToken);
        await AssertAnswersAsync(engine, client);
        Assert.Equal(2, engine.Decodes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_CancelledBetweenChunksOfThePrompt_Throws(bool streaming)
    {
        using var cancellation = new CancellationTokenSource();
        var engine = new FakeLlamaEngine();
        engine.OnDecode = _ =>
        {
            if (engine.Decodes == 2)
            {
                cancellation.Cancel();
            }

            return DecodeStatus.Ok;
        };
        using LlamaChatClient client = engine.CreateClient(batchSize: 4);

        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CallAsync(client, streaming, cancellation.Token));

        Assert.Equal(cancellation.Token, e.CancellationToken);
        Assert.Equal(2, engine.Decodes);
        await AssertAnswersAsync(engine, client);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_CancelledBetweenTokens_Throws(bool streaming)
    {
        using var cancellation = new CancellationTokenSource();
        var engine = new FakeLlamaEngine
        {
            OnSample = index =>
            {
                if (index == 3)
                {
                    cancellation.Cancel();
                }

                return "x"u8.ToArray();
            },
        };
        using LlamaChatClient client = engine.CreateClient();

        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CallAsync(client, streaming, cancellation.Token));

        // The prompt, and of the four tokens that were drawn all but the last.
        Assert.Equal(cancellation.Token, e.CancellationToken);
        Assert.Equal(1 + 3, engine.Decodes);
        await AssertAnswersAsync(engine, client);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_CancelledWhileItWaitsForAnother_ThrowsAtOnceAndNeverRuns(bool streaming)
    {
        using var cancellation = new CancellationTokenSource();
        var engine = new FakeLlamaEngine { OnSample = FakeLlamaEngine.Answer("a") };
        using LlamaChatClient client = engine.CreateClient();
        using var gate = new NativeGate();
        engine.OnDecode = _ =>
        {
            gate.Pass();
            return DecodeStatus.Ok;
        };
        Task<ChatResponse> running = client.GetResponseAsync("abc", cancellationToken: Cancellation);
        await gate.Reached;

        Task waiting = CallAsync(client, streaming, cancellation.Token);
        Assert.False(waiting.IsCompleted);
        await cancellation.CancelAsync();
        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience.Limit, Cancellation));

        Assert.Equal(cancellation.Token, e.CancellationToken);
        Assert.False(running.IsCompleted);
        gate.Open();
        Assert.Equal("a", (await running).Text);
        await AssertAnswersAsync(engine, client);
        Assert.Equal(2 + 2, engine.Decodes);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_TokenGivenToTheEnumeration_CancelsAsWell()
    {
        using var cancellation = new CancellationTokenSource();
        var engine = new FakeLlamaEngine { OnDecode = Slowly };
        using LlamaChatClient client = engine.CreateClient(contextSize: 100_000);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
#pragma warning disable xUnit1051 // The other way of giving a token is what this is about.
            await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync("abc").WithCancellation(cancellation.Token))
#pragma warning restore xUnit1051
            {
                await cancellation.CancelAsync();
            }
        });

        await AssertAnswersAsync(engine, client);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_StreamLeftMidway_StopsTheGeneration()
    {
        const int Most = 100_000;
        var engine = new FakeLlamaEngine { OnDecode = Slowly };
        using LlamaChatClient client = engine.CreateClient(contextSize: Most);
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("abc", cancellationToken: Cancellation))
        {
            Assert.Equal("x", update.Text);
            break;
        }

        // Its turn comes when the one before it has stopped. At a millisecond a token that would take minutes otherwise.
        await client.GetResponseAsync("a", new ChatOptions { MaxOutputTokens = 1 }, Cancellation);
        Assert.InRange(engine.Decodes, 2, Most / 2);
    }

    [Fact]
    public async Task RealModel_CancelledMidwayThroughThePromptAndTheAnswer_AnswersAfterwards()
    {
        using LlamaChatClient client = Pebble.Create(options => options.BatchSize = 16);
        string prompt = $"{Pebble.Document(40, Pebble.Fact("north", "4821"))}\n\n{Pebble.Question("north")}";

        using (var cancellation = new CancellationTokenSource())
        {
            var progress = new Progress(_ => cancellation.Cancel());
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ReadDocumentAsync(prompt, progress: progress, cancellationToken: cancellation.Token));
            Assert.Equal(16, Assert.Single(progress.Reports).Processed);
        }

        using (var cancellation = new CancellationTokenSource())
        {
            ChatOptions endless = Pebble.Wild();
            endless.MaxOutputTokens = null;
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync("Hello.", endless, cancellation.Token))
                {
                    await cancellation.CancelAsync();
                }
            });
        }

        await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync(prompt, Pebble.Greedy, Cancellation))
        {
            break;
        }

        Assert.Contains("4821", (await client.GetResponseAsync(prompt, Pebble.Greedy, Cancellation)).Text, StringComparison.Ordinal);
    }

    private static async Task CallAsync(LlamaChatClient client, bool streaming, CancellationToken cancellationToken)
    {
        if (!streaming)
        {
            await client.GetResponseAsync("A prompt of some length.", cancellationToken: cancellationToken);
            return;
        }

        await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync("A prompt of some length.", cancellationToken: cancellationToken))
        {
        }
    }

    // One chunk for the prompt, if it is short, and one token.
    private static async Task AssertAnswersAsync(FakeLlamaEngine engine, LlamaChatClient client)
    {
        engine.OnDecode = _ => DecodeStatus.Ok;
        engine.OnSample = FakeLlamaEngine.Answer("fine");
        Assert.Equal("fine", (await client.GetResponseAsync("a", cancellationToken: Cancellation).WaitAsync(Patience.Limit, Cancellation)).Text);
    }

    private static DecodeStatus Slowly(int tokens)
    {
        Thread.Sleep(1);
        return DecodeStatus.Ok;
    }
}
