using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using CurKv.Connector.Tests.Engine;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Chat;

public class DisposalTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Dispose_Twice_IsFine()
    {
        var engine = new FakeLlamaEngine();
        LlamaChatClient client = engine.CreateClient();

        client.Dispose();
        client.Dispose();

        Assert.True(engine.IsDisposed);
    }

    [Fact]
    public async Task Call_AfterDispose_ThrowsBeforeEnumeration()
    {
        LlamaChatClient client = new FakeLlamaEngine().CreateClient();
        client.Dispose();

        Assert.Throws<ObjectDisposedException>(() => client.GetStreamingResponseAsync("abc", cancellationToken: Cancellation));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetResponseAsync("abc", cancellationToken: Cancellation));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.ReadDocumentAsync("abc", cancellationToken: Cancellation));
        Assert.NotNull(client.GetService<ChatClientMetadata>());
    }

    [Fact]
    public async Task Enumeration_AfterDispose_Throws()
    {
        LlamaChatClient client = new FakeLlamaEngine().CreateClient();
        IAsyncEnumerable<ChatResponseUpdate> stream = client.GetStreamingResponseAsync("abc", cancellationToken: Cancellation);
        client.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
        {
            await foreach (ChatResponseUpdate _ in stream)
            {
            }
        });
    }

    [Fact]
    public async Task Dispose_WhileCallsRunAndWait_CancelsTheOneRefusesTheOthersAndWaitsForThem()
    {
        using var gate = new NativeGate();
        var engine = new FakeLlamaEngine();
        engine.OnDecode = _ =>
        {
            gate.Pass();
            Thread.Sleep(1);
            Assert.False(engine.IsDisposed);
            return DecodeStatus.Ok;
        };
        LlamaChatClient client = engine.CreateClient(contextSize: 100_000);
        Task<ChatResponse> running = client.GetResponseAsync("abc", cancellationToken: Cancellation);
        Task<ChatResponse>[] waiting = [.. Enumerable.Range(0, 3).Select(_ => client.GetResponseAsync("abc", cancellationToken: Cancellation))];
        await gate.Reached;

        Task disposal = Task.Run(client.Dispose, Cancellation);
        Assert.False(engine.IsDisposed);
        gate.Open();
        await disposal.WaitAsync(Patience.Limit, Cancellation);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        foreach (Task<ChatResponse> call in waiting)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => call);
        }

        Assert.True(engine.IsDisposed);
        Assert.InRange(engine.Samplers.Count, 0, 1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Dispose_ByTheProgressHandler_EndsTheReading(int report)
    {
        var engine = new FakeLlamaEngine();
        LlamaChatClient client = engine.CreateClient(batchSize: 8);
        var progress = new Progress(_ =>
        {
            if (--report == 0)
            {
                client.Dispose();
            }
        });

        // The prompt of 24 tokens is read in three chunks.
        await Assert.ThrowsAnyAsync<Exception>(
            () => client.ReadDocumentAsync(new string('a', 24 - "<user>\n\n".Length), progress: progress, cancellationToken: Cancellation).WaitAsync(Patience.Limit, Cancellation));

        Assert.True(engine.IsDisposed);
    }

    [Fact]
    public void Constructor_ContextCannotBeCreated_LeavesNothingBehind()
    {
        int threads = NativeThreads();
        for (int i = 0; i < 20; i++)
        {
            Assert.Throws<LlamaModelException>(() => new FakeLlamaEngine { OnCreateContext = () => throw new LlamaModelException("fake.gguf", "No memory.") }.CreateClient());
        }

        Assert.InRange(NativeThreads(), 0, threads + 10);

        // No list of managed threads exists; the process's own count is near enough.
        static int NativeThreads()
        {
            using var process = System.Diagnostics.Process.GetCurrentProcess();
            return process.Threads.Count;
        }
    }
}
