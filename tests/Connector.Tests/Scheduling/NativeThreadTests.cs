using System.Collections.Concurrent;
using CurKv.Connector.Chat;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Tests.Engine;

namespace CurKv.Connector.Tests.Scheduling;

public class NativeThreadTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_AfterDispose_Throws()
    {
        var thread = new NativeThread(typeof(LlamaChatClient));
        thread.Dispose();
        thread.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => thread.RunAsync(_ => { }, Cancellation));
    }

    [Fact]
    public async Task RunAsync_ManyCallers_RunsEachOnTheOneThreadInOrder()
    {
        using var thread = new NativeThread(typeof(LlamaChatClient));
        var ran = new ConcurrentQueue<(int Job, int Thread)>();
        Task[] jobs = [.. Enumerable.Range(0, 50).Select(i => thread.RunAsync(_ => ran.Enqueue((i, Environment.CurrentManagedThreadId)), Cancellation))];

        await Task.WhenAll(jobs).WaitAsync(Patience.Limit, Cancellation);

        Assert.Equal(Enumerable.Range(0, 50), ran.Select(entry => entry.Job));
        Assert.Single(ran.Select(entry => entry.Thread).Distinct());
        Assert.DoesNotContain(Environment.CurrentManagedThreadId, ran.Select(entry => entry.Thread));
    }

    [Fact]
    public async Task RunAsync_Continuation_DoesNotRunOnTheNativeThread()
    {
        using var thread = new NativeThread(typeof(LlamaChatClient));
        using var gate = new NativeGate();
        int native = 0;
        Task job = thread.RunAsync(
            _ =>
            {
                native = Environment.CurrentManagedThreadId;
                gate.Pass();
            },
            Cancellation);
        Task<int> continuation = job.ContinueWith(
            _ => Environment.CurrentManagedThreadId, Cancellation, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        gate.Open();

        Assert.NotEqual(native, await continuation);
    }

    [Fact]
    public async Task RunAsync_WorkThrows_GivesTheExceptionToItsCallerOnly()
    {
        using var thread = new NativeThread(typeof(LlamaChatClient));

        Task bad = thread.RunAsync(_ => throw new InvalidOperationException("Bad luck."), Cancellation);
        Task good = thread.RunAsync(_ => { }, Cancellation);

        Assert.Equal("Bad luck.", (await Assert.ThrowsAsync<InvalidOperationException>(() => bad)).Message);
        await good.WaitAsync(Patience.Limit, Cancellation);
    }

    [Fact]
    public async Task RunAsync_ForeignCancellationInTheWork_IsAFault()
    {
        using var thread = new NativeThread(typeof(LlamaChatClient));
        Task job = thread.RunAsync(_ => throw new OperationCanceledException("Not asked for."), Cancellation);

        await Assert.ThrowsAsync<OperationCanceledException>(() => job);

        Assert.True(job.IsFaulted);
    }

    [Fact]
    public async Task RunAsync_CancelledWhileRunning_EndsWithTheCallersToken()
    {
        using var thread = new NativeThread(typeof(LlamaChatClient));
        using var cancellation = new CancellationTokenSource();
        Task job = thread.RunAsync(
            token =>
            {
                cancellation.Cancel();
                token.ThrowIfCancellationRequested();
            },
            cancellation.Token);

        Assert.Equal(cancellation.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => job)).CancellationToken);
        Assert.True(job.IsCanceled);
    }

    [Fact]
    public async Task RunAsync_CancelledButWorkFinishes_Succeeds()
    {
        using var thread = new NativeThread(typeof(LlamaChatClient));
        using var cancellation = new CancellationTokenSource();

        await thread.RunAsync(_ => cancellation.Cancel(), cancellation.Token).WaitAsync(Patience.Limit, Cancellation);
    }

    [Fact]
    public async Task RunAsync_CancelledBySeveralAtOnce_EndsEachOnce()
    {
        using var thread = new NativeThread(typeof(LlamaChatClient));
        int ran = 0;
        int cancelled = 0;
        for (int i = 0; i < 500; i++)
        {
            using var cancellation = new CancellationTokenSource();
            Task before = thread.RunAsync(_ => { }, Cancellation);
            Task job = thread.RunAsync(_ => ran++, cancellation.Token);
            await cancellation.CancelAsync();
            await before;
            try
            {
                await job.WaitAsync(Patience.Limit, Cancellation);
            }
            catch (OperationCanceledException)
            {
                cancelled++;
            }
        }

        await thread.RunAsync(_ => { }, Cancellation);
        Assert.Equal(500, ran + cancelled);
    }

    [Fact]
    public async Task Dispose_ByAJob_DoesNotWaitForItself()
    {
        var thread = new NativeThread(typeof(LlamaChatClient));

        Task job = thread.RunAsync(_ => thread.Dispose(), Cancellation);

        await job.WaitAsync(Patience.Limit, Cancellation);
    }
}
