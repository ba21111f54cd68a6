using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using CurKv.Connector.Tests.Engine;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Chat;

/// <summary>Who may go first, and what a call meets then: over an engine that stops where the test wants.</summary>
public class DocumentLifetimeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Call_DocumentDisposed_ThrowsBeforeEnumeration()
    {
        using LlamaChatClient client = new FakeLlamaEngine().CreateClient();
        LlamaDocument document = await client.ReadDocumentAsync("A text.", cancellationToken: Cancellation);
        document.Dispose();
        document.Dispose();

        Assert.Throws<ObjectDisposedException>(() => document.GetStreamingResponseAsync("What?", cancellationToken: Cancellation));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => document.GetResponseAsync("What?", cancellationToken: Cancellation));
    }

    [Fact]
    public async Task Enumeration_DocumentDisposedMeanwhile_Throws()
    {
        var engine = new FakeLlamaEngine();
        using LlamaChatClient client = engine.CreateClient();
        LlamaDocument document = await client.ReadDocumentAsync("A text.", cancellationToken: Cancellation);
        IAsyncEnumerable<ChatResponseUpdate> stream = document.GetStreamingResponseAsync("What?", cancellationToken: Cancellation);
        int decodes = engine.Decodes;
        document.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => ReadAsync(stream));
        Assert.Equal(decodes, engine.Decodes);
    }

    [Fact]
    public async Task Dispose_WhileAnAnswerIsGenerated_LetsItEnd()
    {
        var engine = new FakeLlamaEngine { OnSample = FakeLlamaEngine.Answer("a", "b") };
        using LlamaChatClient client = engine.CreateClient();
        using var gate = new NativeGate();
        LlamaDocument document = await client.ReadDocumentAsync("A text.", cancellationToken: Cancellation);

        // Between the question's turn and the restoring of the document's cells: their memory has to be there still.
        engine.OnRestore = () =>
        {
            gate.Pass();
            return true;
        };
        Task<ChatResponse> running = document.GetResponseAsync("What?", cancellationToken: Cancellation);
        Task<ChatResponse> waiting = document.GetResponseAsync("And?", cancellationToken: Cancellation);
        await gate.Reached;
        document.Dispose();
        Assert.Throws<ObjectDisposedException>(() => document.GetStreamingResponseAsync("What?", cancellationToken: Cancellation));
        gate.Open();

        Assert.Equal(("ab", "ab"), ((await running).Text, (await waiting).Text));
    }

    [Fact]
    public async Task Dispose_ClientFirst_ThrowsForCallsAndIsFine()
    {
        LlamaChatClient client = new FakeLlamaEngine().CreateClient();
        LlamaDocument document = await client.ReadDocumentAsync("A text.", cancellationToken: Cancellation);
        IAsyncEnumerable<ChatResponseUpdate> stream = document.GetStreamingResponseAsync("What?", cancellationToken: Cancellation);
        client.Dispose();

        ObjectDisposedException[] refusals =
        [
            Assert.Throws<ObjectDisposedException>(() => document.GetStreamingResponseAsync("What?", cancellationToken: Cancellation)),
            await Assert.ThrowsAsync<ObjectDisposedException>(() => document.GetResponseAsync("What?", cancellationToken: Cancellation)),
            await Assert.ThrowsAsync<ObjectDisposedException>(() => ReadAsync(stream)),
        ];

        Assert.All(refusals, e => Assert.Equal(typeof(LlamaChatClient).FullName, e.ObjectName));
        Assert.NotNull(document.GetService<ChatClientMetadata>());
        document.Dispose();
    }

    [Fact]
    public async Task Dispose_ClientWhileAnAnswerIsGenerated_CancelsIt()
    {
        using var gate = new NativeGate();
        var engine = new FakeLlamaEngine();
        LlamaChatClient client = engine.CreateClient(contextSize: 100_000);
        using LlamaDocument document = await client.ReadDocumentAsync("A text.", cancellationToken: Cancellation);
        engine.OnDecode = tokens =>
        {
            gate.Pass();
            return Slowly(tokens);
        };
        Task<ChatResponse> running = document.GetResponseAsync("What?", cancellationToken: Cancellation);
        await gate.Reached;
        Task disposal = Task.Run(client.Dispose, Cancellation);
        gate.Open();
        await disposal.WaitAsync(Patience.Limit, Cancellation);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_StreamLeftMidway_StopsAndTheDocumentAnswersAgain()
    {
        const int Most = 100_000;
        var engine = new FakeLlamaEngine();
        using LlamaChatClient client = engine.CreateClient(contextSize: Most);
        using LlamaDocument document = await client.ReadDocumentAsync("A text.", cancellationToken: Cancellation);
        engine.OnDecode = Slowly;
        await foreach (ChatResponseUpdate _ in document.GetStreamingResponseAsync("What?", cancellationToken: Cancellation))
        {
            break;
        }

        Assert.Equal("x", (await document.GetResponseAsync("What?", new ChatOptions { MaxOutputTokens = 1 }, Cancellation)).Text);
        Assert.InRange(engine.Decodes, 2, Most / 2);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_TokenGivenToTheEnumeration_CancelsAsWell()
    {
        using var cancellation = new CancellationTokenSource();
        var engine = new FakeLlamaEngine();
        using LlamaChatClient client = engine.CreateClient(contextSize: 100_000);
        using LlamaDocument document = await client.ReadDocumentAsync("A text.", cancellationToken: Cancellation);
        engine.OnDecode = Slowly;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
#pragma warning disable xUnit1051 // The other way of giving a token is what this is about.
            await foreach (ChatResponseUpdate _ in document.GetStreamingResponseAsync("What?").WithCancellation(cancellation.Token))
#pragma warning restore xUnit1051
            {
                await cancellation.CancelAsync();
            }
        });
    }

    [Fact]
    public async Task GetResponseAsync_CellsRefused_ThrowsAndTheClientAnswers()
    {
        var engine = new FakeLlamaEngine { OnSample = FakeLlamaEngine.Answer("fine"), OnRestore = () => false };
        using LlamaChatClient client = engine.CreateClient();
        using LlamaDocument document = await client.ReadDocumentAsync("A text.", cancellationToken: Cancellation);

        KvCompressionException e = await Assert.ThrowsAsync<KvCompressionException>(() => document.GetResponseAsync("What?", cancellationToken: Cancellation));

        Assert.Contains("read the document again", e.Message, StringComparison.Ordinal);
        Assert.Equal("fine", (await client.GetResponseAsync("What?", cancellationToken: Cancellation)).Text);
    }

    [Fact]
    public async Task ReadDocumentAsync_ProgressHandlerThrows_ThrowsThatAndTheClientAnswers()
    {
        var engine = new FakeLlamaEngine { OnSample = FakeLlamaEngine.Answer("fine") };
        using LlamaChatClient client = engine.CreateClient();
        var progress = new Chat.Progress(_ => throw new InvalidOperationException("Bad luck."));

        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(() => client.ReadDocumentAsync("A text.", null, progress, Cancellation));

        Assert.Equal("Bad luck.", e.Message);
        Assert.Equal("fine", (await client.GetResponseAsync("What?", cancellationToken: Cancellation)).Text);
    }

    private static async Task ReadAsync(IAsyncEnumerable<ChatResponseUpdate> stream)
    {
        await foreach (ChatResponseUpdate _ in stream)
        {
        }
    }

    private static DecodeStatus Slowly(int tokens)
    {
        Thread.Sleep(1);
        return DecodeStatus.Ok;
    }
}
