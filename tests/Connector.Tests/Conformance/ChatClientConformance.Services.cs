using CurKv.Connector.Chat;
using CurKv.Connector.Tests.Chat;
using CurKv.Connector.Tests.Engine;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Conformance;

public abstract partial class ChatClientConformance
{
    [Fact]
    public void GetService_NullType_Throws() => Assert.Throws<ArgumentNullException>("serviceType", () => Client.GetService(null!));

    [Fact]
    public void GetService_Key_GivesNull() => Assert.All(
        [typeof(ChatClientMetadata), typeof(LlamaChatClientOptions), typeof(LlamaRuntimeInfo), typeof(LlamaChatClient), typeof(IChatClient), typeof(object)],
        type => Assert.Null(((IChatClient)Client).GetService(type, "key")));

    [Fact]
    public void GetService_Metadata_NamesTheProviderAndTheModel()
    {
        ChatClientMetadata metadata = Client.GetService<ChatClientMetadata>()!;

        Assert.NotEmpty(metadata.ProviderName!);
        Assert.NotEmpty(metadata.DefaultModelId!);
        Assert.True(metadata.ProviderUri!.IsAbsoluteUri);
        Assert.Contains('.', metadata.ProviderUri.Host);
        Assert.Same(metadata, Client.GetService<ChatClientMetadata>());
    }

    [Fact]
    public void GetService_WhatTheClientOwns_IsGiven()
    {
        Assert.NotEmpty(Client.GetService<LlamaRuntimeInfo>()!.LlamaCppBuild);
        Assert.NotEmpty(Client.GetService<LlamaChatClientOptions>()!.ModelPath);
    }

    [Fact]
    public void GetService_ItsOwnTypes_GiveTheClient() => Assert.All(
        [typeof(LlamaChatClient), typeof(IChatClient), typeof(IDisposable), typeof(object)], type => Assert.Same(Client, Client.GetService(type)));

    [Fact]
    public void GetService_OtherTypes_GiveNull() => Assert.All([typeof(string), typeof(IEmbeddingGenerator), typeof(HttpClient)], type => Assert.Null(Client.GetService(type)));

    [Fact]
    public void GetService_ThroughWrappers_IsFound()
    {
        IChatClient wrapped = Client.AsBuilder().UseFunctionInvocation().Build();

        Assert.Same(Client, wrapped.GetService<LlamaChatClient>());
        Assert.Same(Client.GetService<ChatClientMetadata>(), wrapped.GetService<ChatClientMetadata>());
    }

    [Fact]
    public async Task Dispose_Twice_IsFineAndCallsThrow()
    {
        LlamaChatClient client = Create();
        IAsyncEnumerable<ChatResponseUpdate> stream = client.GetStreamingResponseAsync(Question, cancellationToken: Cancellation);

        client.Dispose();
        client.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => ReadAsync(stream));
        Assert.Throws<ObjectDisposedException>(() => { _ = client.GetStreamingResponseAsync(Question, cancellationToken: Cancellation); });
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetResponseAsync(Question, cancellationToken: Cancellation));
        Assert.NotNull(client.GetService<ChatClientMetadata>());
    }

    // Prompts are made on other threads than answers: the model may not go away under any of them.
    [Fact]
    public async Task Dispose_WhileCallsBegin_EndsThemAll()
    {
        for (int i = 0; i < 5; i++)
        {
            LlamaChatClient client = Create();
            Task[] calls = [.. Enumerable.Range(0, 8).Select(call => Task.Run(
                () => CallAsync(client, streaming: call % 2 == 0, Question, Tools.Offer(Tools.Weather), Cancellation), Cancellation))];
            Thread.SpinWait(i * 20_000);

            client.Dispose();

            foreach (Task call in calls)
            {
                Exception? e = await Record.ExceptionAsync(() => call.WaitAsync(Patience.Limit, Cancellation));
                Assert.True(e is null or OperationCanceledException or ObjectDisposedException, $"It ended by {e}.");
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dispose_WhileCallsRunAndWait_EndsThemAll(bool streaming)
    {
        LlamaChatClient client = Create();
        ChatOptions endless = Pebble.Wild();
        endless.MaxOutputTokens = null;
        await using IAsyncEnumerator<ChatResponseUpdate> running = client.GetStreamingResponseAsync("Hello.", endless, Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await running.MoveNextAsync());
        Task<ChatResponse>[] waiting = [.. Enumerable.Range(0, 3).Select(_ => CallAsync(client, streaming, "Hello.", endless, Cancellation))];

        await Task.Run(client.Dispose, Cancellation).WaitAsync(Patience.Limit, Cancellation);

        await AssertEndsAsync(Task.Run(
            async () =>
            {
                while (await running.MoveNextAsync())
                {
                }
            },
            Cancellation));
        foreach (Task<ChatResponse> call in waiting)
        {
            await AssertEndsAsync(call);
        }

        static async Task AssertEndsAsync(Task call)
        {
            Exception? e = await Record.ExceptionAsync(() => call.WaitAsync(Patience.Limit, Cancellation));
            Assert.True(e is OperationCanceledException or ObjectDisposedException, $"It ended by {e?.GetType().Name ?? "no exception"}.");
        }
    }
}
