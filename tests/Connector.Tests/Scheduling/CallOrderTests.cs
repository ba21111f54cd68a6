using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using CurKv.Connector.Tests.Chat;
using CurKv.Connector.Tests.Engine;
using CurKv.Connector.Tests.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;

namespace CurKv.Connector.Tests.Scheduling;

/// <summary>Calls are answered in the order in which they were made, however long each prompt takes to render.</summary>
public class CallOrderTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_ManyInARow_AreAnsweredInOrder(bool streaming)
    {
        FakeLlamaEngine engine = Engine();
        using LlamaChatClient client = engine.CreateClient();
        for (int round = 0; round < 60; round++)
        {
            int calls = 6 + (round % 15);
            await Task.WhenAll(Enumerable.Range(0, calls).Select(i => CallAsync(client, streaming, i))).WaitAsync(Patience.Limit, Cancellation);

            AssertOrder(engine, Enumerable.Range(0, calls));
        }
    }

    [Fact]
    public async Task Call_FirstRendersSlowly_TheOthersWaitForIt()
    {
        using var rendering = new NativeGate();
        FakeLlamaEngine engine = Engine(text =>
        {
            if (text.Contains("Call 0.", StringComparison.Ordinal))
            {
                rendering.Pass();
            }
        });
        using LlamaChatClient client = engine.CreateClient();
        Task<ChatResponse>[] calls = [.. Enumerable.Range(0, 8).Select(i => CallAsync(client, streaming: i % 2 == 0, i))];
        await rendering.Reached;
        await WhenRenderedAsync(engine, 8);
        Assert.Empty(engine.Prompts);

        rendering.Open();
        await Task.WhenAll(calls).WaitAsync(Patience.Limit, Cancellation);

        AssertOrder(engine, Enumerable.Range(0, 8));
    }

    [Fact]
    public async Task Call_UnderALoadedThreadPool_AreAnsweredInOrder()
    {
        FakeLlamaEngine engine = Engine();
        using LlamaChatClient client = engine.CreateClient();
        using var load = new CancellationTokenSource();
        Task[] busy = [.. Enumerable.Range(0, 4 * Environment.ProcessorCount).Select(_ => Task.Run(
            () =>
            {
                while (!load.IsCancellationRequested)
                {
                    Thread.Sleep(1);
                }
            },
            Cancellation))];
        for (int round = 0; round < 10; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 12).Select(i => CallAsync(client, streaming: false, i))).WaitAsync(Patience.Limit, Cancellation);

            AssertOrder(engine, Enumerable.Range(0, 12));
        }

        await load.CancelAsync();
        await Task.WhenAll(busy);
    }

    [Fact]
    public async Task Call_SomeCancelledBetween_TheOthersAreAnsweredInOrder()
    {
        FakeLlamaEngine engine = Engine();
        using LlamaChatClient client = engine.CreateClient();
        using var gate = new NativeGate();
        engine.OnDecode = _ =>
        {
            gate.Pass();
            return DecodeStatus.Ok;
        };
        using var cancellation = new CancellationTokenSource();
        Task<ChatResponse>[] calls = [.. Enumerable.Range(0, 12).Select(i => CallAsync(client, streaming: false, i, i % 3 == 1 ? cancellation.Token : Cancellation))];
        await gate.Reached;
        await cancellation.CancelAsync();
        foreach (Task<ChatResponse> cancelled in calls.Where((_, i) => i % 3 == 1))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(Patience.Limit, Cancellation));
        }

        gate.Open();
        await Task.WhenAll(calls.Where((_, i) => i % 3 != 1)).WaitAsync(Patience.Limit, Cancellation);

        AssertOrder(engine, Enumerable.Range(0, 12).Where(i => i % 3 != 1));
    }

    [Fact]
    public async Task Call_CancelledWhileItIsRendered_GivesItsPlaceUpAtOnce()
    {
        using var rendering = new NativeGate();
        FakeLlamaEngine engine = Engine(text =>
        {
            if (text.Contains("Call 0.", StringComparison.Ordinal))
            {
                rendering.Pass();
            }
        });
        using LlamaChatClient client = engine.CreateClient();
        using var cancellation = new CancellationTokenSource();
        Task<ChatResponse> first = CallAsync(client, streaming: false, 0, cancellation.Token);
        Task<ChatResponse> second = CallAsync(client, streaming: false, 1);
        await rendering.Reached;
        await cancellation.CancelAsync();

        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(Patience.Limit, Cancellation));
        Assert.Equal(cancellation.Token, e.CancellationToken);
        await second.WaitAsync(Patience.Limit, Cancellation);
        AssertOrder(engine, [1]);
    }

    [Fact]
    public async Task Call_RenderingFails_GivesItsPlaceUpAtOnceAndTheNextIsAnswered()
    {
        using var gate = new NativeGate();
        FakeLlamaEngine engine = Engine(text =>
        {
            if (text.Contains("Call 1.", StringComparison.Ordinal))
            {
                throw new LlamaException("Cannot be tokenised.");
            }
        });
        engine.OnDecode = _ =>
        {
            gate.Pass();
            return DecodeStatus.Ok;
        };
        using LlamaChatClient client = engine.CreateClient();
        Task<ChatResponse>[] calls = [.. Enumerable.Range(0, 3).Select(i => CallAsync(client, streaming: false, i))];
        await gate.Reached;

        await Assert.ThrowsAsync<LlamaException>(() => calls[1].WaitAsync(Patience.Limit, Cancellation));
        Assert.False(calls[0].IsCompleted);
        gate.Open();
        await Task.WhenAll(calls[0], calls[2]).WaitAsync(Patience.Limit, Cancellation);
        AssertOrder(engine, [0, 2]);
    }

    [Fact]
    public async Task Dispose_WhileAPromptIsRendered_RefusesTheCallWithoutWaitingForIt()
    {
        using var rendering = new NativeGate();
        FakeLlamaEngine engine = Engine(text =>
        {
            if (text.Contains("Call 0.", StringComparison.Ordinal) || text.Contains("A text.", StringComparison.Ordinal))
            {
                rendering.Pass();
            }
        });
        LlamaChatClient client = engine.CreateClient();
        Task<ChatResponse> call = CallAsync(client, streaming: false, 0);
        Task<LlamaDocument> reading = client.ReadDocumentAsync("A text.", cancellationToken: Cancellation);
        await rendering.Reached;

        await Task.Run(client.Dispose, Cancellation).WaitAsync(Patience.Limit, Cancellation);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => call);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => reading);
    }

    [Fact]
    public async Task ReadDocumentAsync_BetweenCalls_HasItsPlaceInTheOrder()
    {
        using var gate = new NativeGate();
        FakeLlamaEngine engine = Engine();
        using LlamaChatClient client = engine.CreateClient();
        engine.OnDecode = _ =>
        {
            gate.Pass();
            return DecodeStatus.Ok;
        };
        Task<ChatResponse> before = CallAsync(client, streaming: false, 0);
        await gate.Reached;
        List<string> ended = [];
        var read = new Progress(_ => ended.Add($"document after {engine.Prompts.Count}"));
        Task<LlamaDocument> document = client.ReadDocumentAsync("A text.", progress: read, cancellationToken: Cancellation);
        Task<ChatResponse> after = CallAsync(client, streaming: false, 1);
        gate.Open();
        await Task.WhenAll(before, document, after).WaitAsync(Patience.Limit, Cancellation);

        Assert.Equal(["document after 1"], ended);
        AssertOrder(engine, [0, 1]);
        (await document).Dispose();
    }

    [Fact]
    public async Task RealModel_CallsInARow_AreAnsweredInOrder()
    {
        var engine = new RecordingEngine(TestModels.Load(TestModels.Pebble));
        using var client = new LlamaChatClient(engine, Pebble.Options(), NullLogger.Instance);
        string slow = Pebble.Document(80);
        for (int round = 0; round < 5; round++)
        {
            // The first prompt takes longest to render.
            Task<ChatResponse>[] calls = [.. Enumerable.Range(0, 8).Select(i => client.GetResponseAsync(
                i == 0 ? slow : "Hello.", new ChatOptions { Temperature = 0, MaxOutputTokens = 2, Seed = i }, Cancellation))];
            await Task.WhenAll(calls).WaitAsync(Patience.Limit, Cancellation);

            Assert.Equal(Enumerable.Range(0, 8).Select(i => (uint)i), engine.Seeds);
            engine.Seeds.Clear();
        }
    }

    private static FakeLlamaEngine Engine(Action<string>? onTokenize = null) => new()
    {
        OnSample = FakeLlamaEngine.Answer("a", "b"),
        OnTokenize = text =>
        {
            onTokenize?.Invoke(text);
            return text;
        },
    };

    private static async Task<ChatResponse> CallAsync(LlamaChatClient client, bool streaming, int number, CancellationToken? token = null)
    {
        string text = $"Call {number}.";
        CancellationToken cancellationToken = token ?? Cancellation;
        return streaming
            ? await client.GetStreamingResponseAsync(text, cancellationToken: cancellationToken).ToChatResponseAsync(cancellationToken)
            : await client.GetResponseAsync(text, cancellationToken: cancellationToken);
    }

    private static async Task WhenRenderedAsync(FakeLlamaEngine engine, int calls)
    {
        while (engine.Rendered.Count < calls)
        {
            await Task.Delay(1, Cancellation);
        }
    }

    private static void AssertOrder(FakeLlamaEngine engine, IEnumerable<int> calls)
    {
        Assert.Equal(calls.Select(i => $"<user>Call {i}.<assistant>"), engine.Prompts);
        engine.Prompts.Clear();
    }
}
