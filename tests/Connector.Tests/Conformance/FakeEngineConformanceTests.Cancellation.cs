using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using CurKv.Connector.Tests.Chat;
using CurKv.Connector.Tests.Engine;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Conformance;

public sealed partial class FakeEngineConformanceTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_CancelledWhileItWaitsForAnother_ThrowsAtOnceAndNeverRuns(bool streaming)
    {
        using var cancellation = new CancellationTokenSource();
        using var gate = new NativeGate();
        _engine.OnDecode = _ =>
        {
            gate.Pass();
            return DecodeStatus.Ok;
        };
        Task<ChatResponse> running = AskAsync(Question, Pebble.Greedy);
        await gate.Reached;

        Task<ChatResponse> waiting = CallAsync(Client, streaming, Question, Pebble.Greedy, cancellation.Token);
        Assert.False(waiting.IsCompleted);
        await cancellation.CancelAsync();

        await AssertCancelledAsync(() => waiting, cancellation.Token);
        Assert.False(running.IsCompleted);
        gate.Open();
        Assert.Contains(Code, (await running).Text, StringComparison.Ordinal);
        Assert.Single(_engine.Prompts);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(false, 3)]
    [InlineData(true, 3)]
    public async Task Call_CancelledBetweenChunksOfThePrompt_Throws(bool streaming, int chunk)
    {
        using var cancellation = new CancellationTokenSource();
        FakeLlamaEngine engine = NewEngine();
        engine.OnDecode = _ =>
        {
            CancelAt(engine.Decodes, chunk, cancellation);
            return DecodeStatus.Ok;
        };
        using LlamaChatClient client = engine.CreateClient(batchSize: 8);

        await AssertCancelledAsync(() => CallAsync(client, streaming, Question, Pebble.Greedy, cancellation.Token), cancellation.Token);

        Assert.Equal(chunk, engine.Decodes);
        await AssertAnswersAsync(client);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(false, 5)]
    [InlineData(true, 5)]
    public async Task Call_CancelledBetweenTokens_Throws(bool streaming, int token)
    {
        using var cancellation = new CancellationTokenSource();
        _engine.OnAnswer = (_, _) => Enumerable.Range(0, int.MaxValue).Select(index =>
        {
            CancelAt(index, token, cancellation);
            return "x"u8.ToArray();
        });

        await AssertCancelledAsync(() => CallAsync(Client, streaming, "What?", cancellationToken: cancellation.Token), cancellation.Token);

        // The prompt, and every token that was drawn before.
        Assert.Equal(1 + token, _engine.Decodes);
        _engine.OnAnswer = FakeModel.Answer;
        await AssertAnswersAsync(Client);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_CancelledWhileADocumentIsRestored_Throws(bool streaming)
    {
        using var cancellation = new CancellationTokenSource();
        using LlamaDocument document = await Client.ReadDocumentAsync(Pebble.Fact("north", Code), cancellationToken: Cancellation);
        int restored = 0;
        _engine.OnRestore = () =>
        {
            restored++;
            cancellation.Cancel();
            return true;
        };

        await AssertCancelledAsync(() => CallAsync(document, streaming, Pebble.Question("north"), Pebble.Greedy, cancellation.Token), cancellation.Token);

        Assert.Equal(1, restored);
        await AssertAnswersAsync(Client);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_CancelledWhileTheModelCalls_Throws(bool streaming)
    {
        using var cancellation = new CancellationTokenSource();
        _engine.OnAnswer = (_, _) => Enumerable.Range(0, int.MaxValue).Select(index =>
        {
            CancelAt(index, 1, cancellation);
            return index == 0 ? "<tool_call>"u8.ToArray() : " "u8.ToArray();
        });

        await AssertCancelledAsync(() => CallAsync(Client, streaming, "What?", Tools.Offer(Tools.Weather), cancellation.Token), cancellation.Token);
    }

    [Fact]
    public async Task Call_CancelledInARace_EndsWholeOrThrows()
    {
        int thrown = 0;
        for (int i = 0; i < 60; i++)
        {
            using var cancellation = new CancellationTokenSource();
            Task<ChatResponse> call = CallAsync(Client, streaming: i % 2 == 0, Question, Pebble.Greedy, cancellation.Token);
            Thread.SpinWait(i * 2000);
            await cancellation.CancelAsync();
            try
            {
                Assert.Contains(Code, (await call).Text, StringComparison.Ordinal);
            }
            catch (OperationCanceledException e)
            {
                Assert.Equal(cancellation.Token, e.CancellationToken);
                thrown++;
            }
        }

        Assert.InRange(thrown, 1, 60);
        await AssertAnswersAsync(Client);
    }

    private static void CancelAt(int now, int when, CancellationTokenSource cancellation)
    {
        if (now == when)
        {
            cancellation.Cancel();
        }
    }
}
