using System.Runtime.CompilerServices;
using CurKv.Connector.KvCache;
using CurKv.Connector.Sessions;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace CurKv.Connector.Chat;

/// <summary>
/// A document that was read and compressed once, as a chat client of its own: every call starts from what is left of it and knows
/// nothing of the calls before. Its cells lie in host memory, next to the client's cache.
/// </summary>
/// <remarks>
/// Every member may be called from several threads at once. The client that read the document has to live longer: once it is
/// disposed, calls throw an <see cref="ObjectDisposedException"/> that names it, and only <see cref="Dispose"/> and <see cref="GetService"/> are left. A call that brings
/// <see cref="KvCompressionOptions"/> as what <see cref="ChatOptions.RawRepresentationFactory"/> makes compresses once more, document and
/// question together: a document that was kept whole is then cut to what each question needs.
/// </remarks>
public sealed class LlamaDocument : IChatClient
{
    private readonly LlamaRuntime _runtime;
    private readonly ReadDocument _document;
    private readonly KvSnapshot _snapshot;
    private readonly Lock _gate = new();
    private int _users;
    private bool _disposed;

    internal LlamaDocument(LlamaRuntime runtime, ReadDocument document, KvSnapshot snapshot, GenerationStatistics statistics)
    {
        _runtime = runtime;
        _document = document;
        _snapshot = snapshot;
        Statistics = statistics;
    }

    /// <summary>What reading and compressing took.</summary>
    public GenerationStatistics Statistics { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The conversation does not begin with a user's message.</exception>
    /// <exception cref="OptionsValidationException">A compression setting that the call brings is bad.</exception>
    /// <exception cref="PromptTooLongException">The conversation does not fit behind the document's cells.</exception>
    /// <exception cref="NotSupportedException">There are tools, and this model's answers have marks of their own that leave no room for them; or a message holds content that the client would lose (<see cref="LlamaChatClientOptions.SkipUnsupportedContent"/>).</exception>
    /// <exception cref="NotSupportedException">No grammar can enforce the response format's schema.</exception>
    /// <exception cref="LlamaException">llama.cpp cannot use the grammar that the call brings, or the model cannot go on as it wants.</exception>
    /// <exception cref="LlamaModelException">The chat template cannot render the conversation.</exception>
    /// <exception cref="KvCompressionException">The cache cannot be compressed as the call wants it.</exception>
    /// <exception cref="ObjectDisposedException">The document or its client is disposed.</exception>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        UpdateStream.CollectAsync(Answer(messages, options, collected: true, cancellationToken));

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The conversation does not begin with a user's message.</exception>
    /// <exception cref="OptionsValidationException">A compression setting that the call brings is bad.</exception>
    /// <exception cref="PromptTooLongException">The conversation does not fit behind the document's cells.</exception>
    /// <exception cref="NotSupportedException">There are tools, and this model's answers have marks of their own that leave no room for them; or a message holds content that the client would lose (<see cref="LlamaChatClientOptions.SkipUnsupportedContent"/>).</exception>
    /// <exception cref="NotSupportedException">No grammar can enforce the response format's schema.</exception>
    /// <exception cref="LlamaException">llama.cpp cannot use the grammar that the call brings, or the model cannot go on as it wants.</exception>
    /// <exception cref="LlamaModelException">The chat template cannot render the conversation.</exception>
    /// <exception cref="KvCompressionException">The cache cannot be compressed as the call wants it.</exception>
    /// <exception cref="ObjectDisposedException">The document or its client is disposed.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        Answer(messages, options, collected: false, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Knows <see cref="ChatClientMetadata"/>, <see cref="LlamaRuntimeInfo"/> and the document itself.</remarks>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _runtime.Metadata
            : serviceType == typeof(LlamaRuntimeInfo) ? _runtime.Info
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Gives the document's memory back once no answer is generated from it any more. May be called more than once.</summary>
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
