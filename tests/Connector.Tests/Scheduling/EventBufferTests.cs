using CurKv.Connector.Scheduling;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Scheduling;

public class EventBufferTests
{
    [Fact]
    public async Task WhenDrainedAsync_FullBuffer_EndsOnceHalfIsRead()
    {
        var buffer = new EventBuffer(capacity: 8);
        Fill(buffer, 7);
        Assert.False(buffer.IsFull);
        Fill(buffer, 3);
        Assert.True(buffer.IsFull);
        Task drained = buffer.WhenDrainedAsync();
        await using IAsyncEnumerator<GenerationEvent> reader = buffer.ReadAllAsync().GetAsyncEnumerator(TestContext.Current.CancellationToken);

        for (int read = 0; read < 10 - 4; read++)
        {
            Assert.False(drained.IsCompleted);
            Assert.True(await reader.MoveNextAsync());
        }

        Assert.True(drained.IsCompleted);
        Assert.False(buffer.IsFull);
        Assert.True(buffer.WhenDrainedAsync().IsCompleted);
    }

    [Fact]
    public async Task WhenDrainedAsync_ReaderBesideTheWriter_NeverWaitsForEver()
    {
        var buffer = new EventBuffer(capacity: 2);
        const int Items = 20_000;
        Task<int> reading = Task.Run(
            async () =>
            {
                int read = 0;
                await foreach (GenerationEvent _ in buffer.ReadAllAsync())
                {
                    read++;
                }

                return read;
            },
            TestContext.Current.CancellationToken);
        for (int i = 0; i < Items; i++)
        {
            if (buffer.IsFull)
            {
                await buffer.WhenDrainedAsync().WaitAsync(Engine.Patience.Limit, TestContext.Current.CancellationToken);
            }

            Fill(buffer, 1);
        }

        buffer.Complete();
        Assert.Equal(Items, await reading);
    }

    [Fact]
    public void IsFull_Unbounded_IsNever()
    {
        var buffer = new EventBuffer(EventBuffer.Unbounded);
        Fill(buffer, 10_000);

        Assert.False(buffer.IsFull);
    }

    private static void Fill(EventBuffer buffer, int count)
    {
        for (int i = 0; i < count; i++)
        {
            buffer.Write(new GenerationEvent([new TextContent("x")]));
        }
    }
}
