using CurKv.Connector.Chat;
using CurKv.Connector.Tests.Chat;
using CurKv.Connector.Tests.Engine;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Conformance;

public abstract partial class ChatClientConformance
{
    private static readonly (string Gate, string Code)[] Gates =
        [("north", "4821"), ("south", "7350"), ("east", "1966"), ("west", "3304"), ("harbour", "8812"), ("garden", "5077")];

    [Fact]
    public async Task Call_ManyAtOnce_EachGetsItsOwnAnswer()
    {
        Task<ChatResponse>[] calls = [.. Gates.Select((fact, i) => Task.Run(
            () => CallAsync(Client, streaming: i % 2 == 0, Pebble.Prompt(fact.Gate, fact.Code), Pebble.Greedy, Cancellation), Cancellation))];

        ChatResponse[] responses = await Task.WhenAll(calls).WaitAsync(Patience.Limit, Cancellation);

        for (int i = 0; i < Gates.Length; i++)
        {
            Assert.Contains(Gates[i].Code, responses[i].Text, StringComparison.Ordinal);
            Assert.Equal(ChatFinishReason.Stop, responses[i].FinishReason);
        }
    }

    [Fact]
    public async Task Call_ManyAtOnce_AnswersAsIfAlone()
    {
        string alone = (await AskAsync("Hello.", Pebble.Wild(seed: 3))).Text;

        ChatResponse[] together = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => AskAsync("Hello.", Pebble.Wild(seed: 3)))).WaitAsync(Patience.Limit, Cancellation);

        Assert.All(together, response => Assert.Equal(alone, response.Text));
        Assert.Equal(5, together.Select(response => response.ResponseId).Distinct().Count());
    }

    // Every call has a grammar of its own.
    [Fact]
    public async Task Call_ManyFormsAtOnce_EachKeepsToItsOwn()
    {
        Task<ChatResponse>[] calls = [.. Enumerable.Range(1, 4).Select(seed => AskAsync(
            Question, new ChatOptions { Temperature = 1, Seed = seed, Tools = [Tools.Weather, Tools.Timer], ToolMode = ChatToolMode.RequireAny }))];
        Task<Colour>[] forms = [.. Enumerable.Range(1, 4).Select(seed => AskAsync<Colour>(seed))];
        Task<ChatResponse> text = AskAsync(Question, Pebble.Greedy);

        Assert.All(await Task.WhenAll(calls), response => Assert.NotEmpty(response.Calls()));
        Assert.All(await Task.WhenAll(forms), colour => Assert.InRange(colour, Colour.Red, Colour.Blue));
        Assert.Contains(Code, (await text).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_OneOfManyCancelled_LeavesTheOthersWhole()
    {
        using var cancellation = new CancellationTokenSource();
        Task<ChatResponse> cancelled = CallAsync(Client, streaming: true, "Hello.", Endless, cancellation.Token);
        Task<ChatResponse>[] calls = [.. Gates.Select(fact => CallAsync(Client, streaming: false, Pebble.Prompt(fact.Gate, fact.Code), Pebble.Greedy, Cancellation))];

        await cancellation.CancelAsync();

        await AssertCancelledAsync(() => cancelled, cancellation.Token);
        ChatResponse[] responses = await Task.WhenAll(calls).WaitAsync(Patience.Limit, Cancellation);
        Assert.All(responses.Zip(Gates), pair => Assert.Contains(pair.Second.Code, pair.First.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task GetStreamingResponseAsync_SlowReader_HoldsUpNobody()
    {
        var options = new ChatOptions { Temperature = 0 };
        await using IAsyncEnumerator<ChatResponseUpdate> slow = Client.GetStreamingResponseAsync(Question, options, Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await slow.MoveNextAsync());
        string text = slow.Current.Text;

        await AssertAnswersAsync(Client);

        while (await slow.MoveNextAsync())
        {
            text += slow.Current.Text;
        }

        Assert.Contains(Code, text, StringComparison.Ordinal);
    }

    // No lock is the process's.
    [Fact]
    public async Task Call_TwoClients_AnswerBesideEachOther()
    {
        using LlamaChatClient other = Create();
        await using IAsyncEnumerator<ChatResponseUpdate> running = Client.GetStreamingResponseAsync("Hello.", Endless, Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await running.MoveNextAsync());

        await AssertAnswersAsync(other);
    }

    [Fact]
    public async Task Call_FromASynchronousCaller_DoesNotBlockForEver()
    {
        Task<string> call = Task.Factory.StartNew(
            () =>
            {
                SynchronizationContext.SetSynchronizationContext(new NeverRuns());
#pragma warning disable xUnit1031 // What some callers do, on a thread with a context.
                return Client.GetResponseAsync(Question, Pebble.Greedy, Cancellation).GetAwaiter().GetResult().Text;
#pragma warning restore xUnit1031
            },
            Cancellation,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

        Assert.Contains(Code, await call.WaitAsync(Patience.Limit, Cancellation), StringComparison.Ordinal);
    }

    /// <summary>The context of a user interface whose only thread waits.</summary>
    private sealed class NeverRuns : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }
}
