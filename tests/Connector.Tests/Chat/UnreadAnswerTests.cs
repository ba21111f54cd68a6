using System.Runtime.CompilerServices;
using CurKv.Connector.Chat;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Tests.Engine;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Chat;

/// <summary>An answer whose reader does not read waits, and others do not wait for it.</summary>
public class UnreadAnswerTests
{
    private const int Most = 100_000;

    // The prompt, what the buffer holds, and what was read already.
    private const int Ahead = EventBuffer.DefaultCapacity + 2;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GetStreamingResponseAsync_ReaderStops_OthersAreAnsweredMeanwhile()
    {
        using var engine = new FakeLlamaEngine();
        using LlamaChatClient client = engine.CreateClient(contextSize: Most);
        await using IAsyncEnumerator<ChatResponseUpdate> unread = await BeginAsync(client);

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("x", (await client.GetResponseAsync("abc", new ChatOptions { MaxOutputTokens = 1 }, Cancellation).WaitAsync(Patience.Limit, Cancellation)).Text);
        }

        Assert.InRange(engine.Decodes, 4, Ahead + 3);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_ReaderGoesOn_GetsAllOfTheAnswer()
    {
        const int Tokens = 1000;
        using var engine = new FakeLlamaEngine { OnSample = index => index < Tokens ? [(byte)('a' + (index % 26))] : null };
        using LlamaChatClient client = engine.CreateClient();
        string text = string.Empty;
        int read = 0;
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("abc", cancellationToken: Cancellation))
        {
            text += update.Text;
            if (++read % 100 == 0)
            {
                await client.GetResponseAsync("b", new ChatOptions { MaxOutputTokens = 1 }, Cancellation).WaitAsync(Patience.Limit, Cancellation);
            }
        }

        Assert.Equal(string.Concat(Enumerable.Range(0, Tokens).Select(index => (char)('a' + (index % 26)))), text);
    }

    [Fact]
    public async Task GetResponseAsync_LongAnswer_NeverWaitsForItsReader()
    {
        using var engine = new FakeLlamaEngine { OnSample = index => index < 10 * Ahead ? "x"u8.ToArray() : null };
        using LlamaChatClient client = engine.CreateClient();
        Task<ChatResponse>[] calls = [.. Enumerable.Range(0, 4).Select(_ => client.GetResponseAsync("abc", cancellationToken: Cancellation))];

        ChatResponse[] responses = await Task.WhenAll(calls).WaitAsync(Patience.Limit, Cancellation);

        Assert.All(responses, response => Assert.Equal(10 * Ahead, response.Text.Length));
        Assert.Equal(0, engine.Restores);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_CancelledWhileItWaits_ThrowsBehindWhatWasGenerated()
    {
        using var cancellation = new CancellationTokenSource();
        using var engine = new FakeLlamaEngine();
        using LlamaChatClient client = engine.CreateClient(contextSize: Most);
        await using IAsyncEnumerator<ChatResponseUpdate> unread = await BeginAsync(client, cancellation.Token);
        await client.GetResponseAsync("abc", new ChatOptions { MaxOutputTokens = 1 }, Cancellation);

        await cancellation.CancelAsync();
        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => DrainAsync(unread).WaitAsync(Patience.Limit, Cancellation));

        Assert.Equal(cancellation.Token, e.CancellationToken);
        await client.GetResponseAsync("abc", new ChatOptions { MaxOutputTokens = 1 }, Cancellation);
        Assert.InRange(engine.Decodes, 3, Ahead + 2);
        Assert.Equal(engine.Samplers.Count, engine.DisposedSamplers);
    }

    [Fact]
    public async Task Dispose_WhileAnAnswerWaitsForItsReader_CancelsIt()
    {
        var engine = new FakeLlamaEngine();
        LlamaChatClient client = engine.CreateClient(contextSize: Most);
        await using IAsyncEnumerator<ChatResponseUpdate> unread = await BeginAsync(client);
        await client.GetResponseAsync("abc", new ChatOptions { MaxOutputTokens = 1 }, Cancellation);

        await Task.Run(client.Dispose, Cancellation).WaitAsync(Patience.Limit, Cancellation);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => DrainAsync(unread).WaitAsync(Patience.Limit, Cancellation));
        Assert.Equal(engine.Samplers.Count, engine.DisposedSamplers);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_CellsCannotBePutBack_EndsThatAnswerAlone()
    {
        using var engine = new FakeLlamaEngine();
        using LlamaChatClient client = engine.CreateClient(contextSize: Most);
        await using IAsyncEnumerator<ChatResponseUpdate> unread = await BeginAsync(client);
        await client.GetResponseAsync("abc", new ChatOptions { MaxOutputTokens = 1 }, Cancellation);
        engine.OnRestore = () => false;

        await Assert.ThrowsAsync<KvCompressionException>(() => DrainAsync(unread).WaitAsync(Patience.Limit, Cancellation));

        Assert.Equal("x", (await client.GetResponseAsync("abc", new ChatOptions { MaxOutputTokens = 1 }, Cancellation)).Text);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_CellsCannotBeTakenOut_EndsThatAnswerAlone()
    {
        using var engine = new FakeLlamaEngine();
        using LlamaChatClient client = engine.CreateClient(contextSize: Most);
        await using IAsyncEnumerator<ChatResponseUpdate> unread = await BeginAsync(client);
        engine.OnSave = () => false;

        Assert.Equal("x", (await client.GetResponseAsync("abc", new ChatOptions { MaxOutputTokens = 1 }, Cancellation).WaitAsync(Patience.Limit, Cancellation)).Text);
        await Assert.ThrowsAsync<KvCompressionException>(() => DrainAsync(unread).WaitAsync(Patience.Limit, Cancellation));

        Assert.Equal("x", (await client.GetResponseAsync("abc", new ChatOptions { MaxOutputTokens = 1 }, Cancellation)).Text);
        Assert.Equal(engine.Samplers.Count, engine.DisposedSamplers);
    }

    [Fact]
    public async Task Dispose_DocumentWhoseAnswerWaits_LetsItGoOn()
    {
        const int Tokens = 1000;
        using var engine = new FakeLlamaEngine { OnSample = index => index < Tokens ? "x"u8.ToArray() : null };
        using LlamaChatClient client = engine.CreateClient(contextSize: Most);
        LlamaDocument document = await client.ReadDocumentAsync("A text.", cancellationToken: Cancellation);
        await using IAsyncEnumerator<ChatResponseUpdate> unread = await BeginAsync(document);
        await client.GetResponseAsync("abc", new ChatOptions { MaxOutputTokens = 1 }, Cancellation).WaitAsync(Patience.Limit, Cancellation);

        document.Dispose();

        string text = unread.Current.Text;
        while (await unread.MoveNextAsync().AsTask().WaitAsync(Patience.Limit, Cancellation))
        {
            text += unread.Current.Text;
        }

        Assert.Equal(new string('x', Tokens), text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task GetStreamingResponseAsync_EnumeratorDropped_EndsOnceItIsCollected(bool ofADocument)
    {
        using var engine = new FakeLlamaEngine();
        using LlamaChatClient client = engine.CreateClient(contextSize: Most);
        using LlamaDocument document = await client.ReadDocumentAsync("A text.", cancellationToken: Cancellation);
        await DropAsync(ofADocument ? document : client);
        await client.GetResponseAsync("abc", new ChatOptions { MaxOutputTokens = 1 }, Cancellation);

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Patience.Limit);
        while (engine.DisposedSamplers < 2)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Delay(1, limit.Token);
        }

        Assert.InRange(engine.Decodes, 3, Ahead + 2);
    }

    [Fact]
    public async Task RealModel_ReadSlowlyWithOthersBetween_AnswersAsIfAlone()
    {
        using LlamaChatClient client = Pebble.Create();
        ChatOptions wild = Pebble.Wild(seed: 7, tokens: 400);
        string alone = (await client.GetResponseAsync("Hello.", wild, Cancellation)).Text;

        string text = string.Empty;
        int read = 0;
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("Hello.", wild, Cancellation))
        {
            text += update.Text;
            if (++read % 50 == 1)
            {
                Assert.Contains("4821", (await client.GetResponseAsync(Pebble.Prompt("north", "4821"), Pebble.Greedy, Cancellation)).Text, StringComparison.Ordinal);
            }
        }

        Assert.Equal(alone, text);
    }

    private static async Task<IAsyncEnumerator<ChatResponseUpdate>> BeginAsync(IChatClient client, CancellationToken? token = null)
    {
        CancellationToken cancellationToken = token ?? Cancellation;
        IAsyncEnumerator<ChatResponseUpdate> stream = client.GetStreamingResponseAsync("abc", cancellationToken: cancellationToken).GetAsyncEnumerator(cancellationToken);
        Assert.True(await stream.MoveNextAsync());
        return stream;
    }

    // Apart, so that no frame of the test keeps the enumerator.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task DropAsync(IChatClient client) => _ = await BeginAsync(client);

    private static async Task DrainAsync(IAsyncEnumerator<ChatResponseUpdate> stream)
    {
        while (await stream.MoveNextAsync())
        {
        }
    }
}
