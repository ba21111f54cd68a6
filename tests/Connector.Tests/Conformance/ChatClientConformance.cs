using CurKv.Connector.Chat;
using CurKv.Connector.Tests.Chat;
using CurKv.Connector.Tests.Engine;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Conformance;

/// <summary>
/// What every caller of an IChatClient counts on, a test for each sentence of its contract. Subclasses bring what answers: a small model,
/// or an engine that plays one. Asked for a gate's code it tells the code, and asked for the weather it calls the tool.
/// </summary>
public abstract partial class ChatClientConformance(LlamaChatClient client)
{
    /// <summary>What <see cref="Question"/> asks for.</summary>
    protected const string Code = "4821";

    /// <summary>Is answered by a sentence of several tokens.</summary>
    protected static readonly string Question = Pebble.Prompt("north", Code);

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A client for tests that leave it as it was.</summary>
    protected LlamaChatClient Client => client;

    /// <summary>A client of the test's own.</summary>
    protected abstract LlamaChatClient Create(int contextSize = 2048, int batchSize = 512);

    /// <summary>Calls in one of the two ways; a stream is read to its end.</summary>
    protected static async Task<ChatResponse> CallAsync(
        IChatClient client, bool streaming, IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        streaming
            ? await client.GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(CancellationToken.None).WaitAsync(Patience.Limit, Cancellation)
            : await client.GetResponseAsync(messages, options, cancellationToken).WaitAsync(Patience.Limit, Cancellation);

    /// <inheritdoc cref="CallAsync(IChatClient, bool, IEnumerable{ChatMessage}, ChatOptions?, CancellationToken)"/>
    protected static Task<ChatResponse> CallAsync(
        IChatClient client, bool streaming, string text, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        CallAsync(client, streaming, [new ChatMessage(ChatRole.User, text)], options, cancellationToken);

    /// <summary>The shared client's answer.</summary>
    protected Task<ChatResponse> AskAsync(string text, ChatOptions? options = null) => CallAsync(Client, streaming: false, text, options, Cancellation);

    /// <summary>The shared client's updates.</summary>
    protected Task<List<ChatResponseUpdate>> ReadAsync(string text, ChatOptions? options = null) =>
        ReadAsync(Client.GetStreamingResponseAsync(text, options, Cancellation));

    /// <summary>Reads a stream to its end.</summary>
    protected static async Task<List<ChatResponseUpdate>> ReadAsync(IAsyncEnumerable<ChatResponseUpdate> updates)
    {
        List<ChatResponseUpdate> result = [];
        await foreach (ChatResponseUpdate update in updates.ConfigureAwait(false))
        {
            result.Add(update);
        }

        return result;
    }

    /// <summary>How long a prompt is, in tokens: equal where two prompts are.</summary>
    protected async Task<long> InputTokensAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null)
    {
        options = options?.Clone() ?? new ChatOptions();
        options.MaxOutputTokens = 1;
        return (await Client.GetResponseAsync(messages, options, Cancellation)).Usage!.InputTokenCount!.Value;
    }

    /// <inheritdoc cref="InputTokensAsync(IEnumerable{ChatMessage}, ChatOptions?)"/>
    protected Task<long> InputTokensAsync(string text, ChatOptions? options = null) => InputTokensAsync([new ChatMessage(ChatRole.User, text)], options);

    /// <summary>Content of a kind that no client knows.</summary>
    protected sealed class UnknownContent : AIContent;

    /// <summary>A tool of a kind that no client knows.</summary>
    protected sealed class UnknownTool : AITool
    {
        public override string Name => "unknown";
    }
}
