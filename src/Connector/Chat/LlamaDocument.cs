using System.Runtime.CompilerServices;
using CurKv.Connector.KvCache;
using CurKv.Connector.Sessions;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace CurKv.Connector.Chat;

/// <summary>
/// A document that was prefilled and compressed once, as a chat client: every call starts from its cells, independently of earlier
/// calls. The cells are kept in host memory, in addition to the client's cache.
/// </summary>
/// <remarks>
/// All members are thread-safe. The client that created the document must outlive it: after its disposal, calls throw an
/// <see cref="ObjectDisposedException"/> that names the client, and only <see cref="Dispose"/> and <see cref="GetService"/> work. A call
/// whose <see cref="ChatOptions.RawRepresentationFactory"/> returns <see cref="KvCompressionOptions"/> compresses again, document and
/// question together: this reduces an uncompressed document to what each question needs.
/// </remarks>
public sealed class LlamaDocument : IChatClient
{
    private readonly LlamaRuntime _runtime;
    private readonly PrefilledDocument _document;
    private readonly KvSnapshot _snapshot;
    private readonly Lock _gate = new();
    private int _users;
    private bool _disposed;

    internal LlamaDocument(LlamaRuntime runtime, PrefilledDocument document, KvSnapshot snapshot, GenerationStatistics statistics)
    {
        _runtime = runtime;
        _document = document;
        _snapshot = snapshot;
        Statistics = statistics;
    }

    /// <summary>Statistics of the prefill and compression.</summary>
    public GenerationStatistics Statistics { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The conversation does not begin with a user's message.</exception>
    /// <exception cref="OptionsValidationException">A compression setting of the call is invalid.</exception>
    /// <exception cref="PromptTooLongException">The conversation does not fit into the context after the document's cells.</exception>
    /// <exception cref="NotSupportedException">There are tools, and the delimiters of this model's output format do not allow them after a document; or a message has unsupported content (<see cref="LlamaChatClientOptions.SkipUnsupportedContent"/>).</exception>
    /// <exception cref="NotSupportedException">No grammar can enforce the response format's schema.</exception>
    /// <exception cref="LlamaException">llama.cpp cannot use the call's grammar, or no token of the model matches it.</exception>
    /// <exception cref="LlamaModelException">The chat template cannot render the conversation.</exception>
    /// <exception cref="KvCompressionException">The cache cannot be compressed with the call's settings.</exception>
    /// <exception cref="ObjectDisposedException">The document or its client is disposed.</exception>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        UpdateStream.CollectAsync(Answer(messages, options, collected: true, cancellationToken));

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The conversation does not begin with a user's message.</exception>
    /// <exception cref="OptionsValidationException">A compression setting of the call is invalid.</exception>
    /// <exception cref="PromptTooLongException">The conversation does not fit into the context after the document's cells.</exception>
    /// <exception cref="NotSupportedException">There are tools, and the delimiters of this model's output format do not allow them after a document; or a message has unsupported content (<see cref="LlamaChatClientOptions.SkipUnsupportedContent"/>).</exception>
    /// <exception cref="NotSupportedException">No grammar can enforce the response format's schema.</exception>
    /// <exception cref="LlamaException">llama.cpp cannot use the call's grammar, or no token of the model matches it.</exception>
    /// <exception cref="LlamaModelException">The chat template cannot render the conversation.</exception>
    /// <exception cref="KvCompressionException">The cache cannot be compressed with the call's settings.</exception>
    /// <exception cref="ObjectDisposedException">The document or its client is disposed.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        Answer(messages, options, collected: false, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Returns <see cref="ChatClientMetadata"/>, <see cref="LlamaRuntimeInfo"/> and the document itself.</remarks>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _runtime.Metadata
            : serviceType == typeof(LlamaRuntimeInfo) ? _runtime.Info
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Frees the document's memory as soon as no answer is generated from it. May be called more than once.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            FreeIfUnused();
        }
    }

    private IAsyncEnumerable<ChatResponseUpdate> Answer(IEnumerable<ChatMessage> messages, ChatOptions? options, bool collected, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ObjectDisposedException.ThrowIf(_disposed, this);
        _runtime.ThrowIfDisposed();
        ChatRequest request = ChatRequest.Of(messages, options, this, _runtime.Options.SkipUnsupportedContent);
        KvCompressionPlanner? compression = request.Settings.Compression is { } settings ? _runtime.Compression.Of(settings) : null;
        _runtime.Preparation.ThrowIfNoQuestion(request);
        return WhileInUse(
            _runtime.AnswerAsync(request, () => _runtime.Preparation.Question(request, _document, _snapshot, compression), collected, cancellationToken), cancellationToken);
    }

    private async IAsyncEnumerable<ChatResponseUpdate> WhileInUse(
        IAsyncEnumerable<ChatResponseUpdate> updates, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _users++;
        }

        try
        {
            await foreach (ChatResponseUpdate update in updates.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                yield return update;
            }
        }
        finally
        {
            lock (_gate)
            {
                _users--;
                FreeIfUnused();
            }
        }
    }

    private void FreeIfUnused()
    {
        if (_disposed && _users == 0)
        {
            _snapshot.Dispose();
        }
    }
}
