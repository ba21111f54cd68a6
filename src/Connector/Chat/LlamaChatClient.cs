using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache;
using CurKv.KvPolicy.Naming;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CurKv.Connector.Chat;

/// <summary>
/// Chats with a GGUF model in this process, through llama.cpp. Once a prompt is read, its KV cache is cut down to the cells worth
/// keeping, by <see cref="LlamaChatClientOptions.Compression"/>.
/// </summary>
/// <remarks>
/// Every member may be called from several threads at once; answers are generated one after the other, in the order of the calls: a stream
/// is called when it is first asked for an update. Cancellation is honoured
/// while a call waits, between chunks of a prompt and between tokens, and shows as <see cref="OperationCanceledException"/>.
/// An answer without <see cref="ChatOptions.MaxOutputTokens"/> may go on until the context is full. Without
/// <see cref="ChatOptions.Seed"/> two calls differ; a temperature of 0 takes the likeliest token. Prompts are rendered by the model's own
/// chat template. Functions in <see cref="ChatOptions.Tools"/> are told to the model as the template has it, and calls obey their schemas; a
/// required call and a JSON response format are enforced by a grammar. A schema that no grammar can enforce is an error, unless the
/// additional property <c>strict</c> is false. Of the options, <see cref="ChatOptions.ModelId"/> and <see cref="ChatOptions.ConversationId"/>
/// are ignored: the client has one model, and the whole conversation has to be sent with each call. Additional properties and
/// <see cref="ChatOptions.RawRepresentationFactory"/>: <see cref="LlamaRequestOptions"/>.
/// </remarks>
public sealed class LlamaChatClient : IChatClient
{
    private readonly LlamaRuntime _runtime;

    /// <summary>Loads the model and creates the client.</summary>
    /// <param name="options">The model, and how to run it. Not to be changed afterwards.</param>
    /// <param name="logger">Receives what the client does, and llama.cpp's own log; null for none.</param>
    /// <exception cref="OptionsValidationException">A setting is bad; the message names it and the fix.</exception>
    /// <exception cref="LlamaModelException">The model cannot be loaded: its file is damaged, or llama.cpp does not know it.</exception>
    /// <exception cref="LlamaException">The llama.cpp libraries cannot be loaded, or are another build.</exception>
    public LlamaChatClient(LlamaChatClientOptions options, ILogger<LlamaChatClient>? logger = null)
        : this(Valid(options), KvPolicyCatalog.Default, logger, null, CancellationToken.None)
    {
    }

    internal LlamaChatClient(ILlamaEngine engine, LlamaChatClientOptions options, ILogger logger) =>
        _runtime = new LlamaRuntime(engine, options, KvPolicyCatalog.Default, logger);

    /// <summary>Creates a client of options that are validated already.</summary>
    internal LlamaChatClient(
        LlamaChatClientOptions options, KvPolicyCatalog policies, ILogger? logger, IProgress<float>? progress, CancellationToken cancellationToken)
    {
        logger ??= NullLogger.Instance;
        var settings = new LlamaEngineSettings(options.ModelPath)
        {
            GpuLayerCount = options.GpuLayerCount, NativeLibraryPath = options.NativeLibraryPath, BackendPaths = [.. options.BackendPaths],
        };
        LlamaSharpEngine? engine = null;
        try
        {
            engine = LlamaSharpEngine.Load(settings, logger, progress, cancellationToken);
            _runtime = new LlamaRuntime(engine, options, policies, logger);
        }
        catch (Exception e)
        {
            engine?.Dispose();
            if (e is LlamaException llama)
            {
                ChatAdvice.AddTo(llama);
            }

            throw;
        }
    }

    /// <summary>Loads the model without holding up the caller.</summary>
    /// <param name="options">The model, and how to run it. Not to be changed afterwards.</param>
    /// <param name="logger">Receives what the client does, and llama.cpp's own log; null for none.</param>
    /// <param name="progress">Receives the share of the model that is loaded, 0 to 1; null for none.</param>
    /// <param name="cancellationToken">Stops the loading.</param>
    /// <inheritdoc cref="LlamaChatClient(LlamaChatClientOptions, ILogger{LlamaChatClient})" path="/exception"/>
    /// <exception cref="OperationCanceledException">The loading was cancelled.</exception>
    public static Task<LlamaChatClient> LoadAsync(
        LlamaChatClientOptions options, ILogger<LlamaChatClient>? logger = null, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Task.Run(() => new LlamaChatClient(Valid(options), KvPolicyCatalog.Default, logger, progress, cancellationToken), cancellationToken);
    }

    internal LlamaRuntime Runtime => _runtime;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There is no message, or one is null.</exception>
    /// <exception cref="NotSupportedException">A message holds an image, or other content that the client would lose (<see cref="LlamaChatClientOptions.SkipUnsupportedContent"/>).</exception>
    /// <exception cref="OptionsValidationException">A compression setting that the call brings is bad.</exception>
    /// <exception cref="PromptTooLongException">Neither the prompt nor what compression is to keep of it fits into the context.</exception>
    /// <exception cref="NotSupportedException">No grammar can enforce the response format's schema.</exception>
    /// <exception cref="LlamaException">llama.cpp cannot use the grammar that the call brings, or the model cannot go on as it wants.</exception>
    /// <exception cref="LlamaModelException">The chat template cannot render the conversation.</exception>
    /// <exception cref="KvCompressionException">This model's cache cannot be compressed, or not by this policy.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        UpdateStream.CollectAsync(Answer(messages, options, collected: true, cancellationToken));

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There is no message, or one is null.</exception>
    /// <exception cref="NotSupportedException">A message holds an image, or other content that the client would lose (<see cref="LlamaChatClientOptions.SkipUnsupportedContent"/>).</exception>
    /// <exception cref="OptionsValidationException">A compression setting that the call brings is bad.</exception>
    /// <exception cref="PromptTooLongException">Neither the prompt nor what compression is to keep of it fits into the context.</exception>
    /// <exception cref="NotSupportedException">No grammar can enforce the response format's schema.</exception>
    /// <exception cref="LlamaException">llama.cpp cannot use the grammar that the call brings, or the model cannot go on as it wants.</exception>
    /// <exception cref="LlamaModelException">The chat template cannot render the conversation.</exception>
    /// <exception cref="KvCompressionException">This model's cache cannot be compressed, or not by this policy.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        Answer(messages, options, collected: false, cancellationToken);

    /// <summary>
    /// Reads a document once and compresses its cells, so that any number of questions can be asked about it without reading it
    /// again.
    /// </summary>
    /// <param name="document">The text. Questions follow it in the user's turn.</param>
    /// <param name="options">A system prompt, and how to compress; null for none, and as the client does.</param>
    /// <param name="progress">Told after each chunk, on the client's native thread: it must return soon. Null for none.</param>
    /// <param name="cancellationToken">Looked at between chunks.</param>
    /// <returns>The document; dispose it to give its memory back.</returns>
    /// <exception cref="ArgumentException">The document is empty, or holds a NUL character.</exception>
    /// <exception cref="OptionsValidationException">A compression setting is bad.</exception>
    /// <exception cref="PromptTooLongException">Neither the document nor what compression is to keep of it fits into the context.</exception>
    /// <exception cref="KvCompressionException">This model's cache cannot be compressed, or not by this policy.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    public async Task<LlamaDocument> ReadDocumentAsync(
        string document, LlamaDocumentOptions? options = null, IProgress<PromptProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(document);
        NativeText.WithoutNul(document, nameof(document));
        string? instructions = options?.Instructions;
        NativeText.WithoutNul(instructions ?? string.Empty, nameof(options));
        _runtime.ThrowIfDisposed();
        KvCompressionPlanner compression = _runtime.Compression.Of(options?.Compression);
        var (prompt, snapshot, statistics) = await _runtime.ReadAsync(
            () => _runtime.Preparation.Opening(document, instructions), compression, progress, cancellationToken).ConfigureAwait(false);
        return new LlamaDocument(_runtime, new ReadDocument(document, instructions, prompt), snapshot, statistics);
    }

    /// <inheritdoc/>
    /// <remarks>Knows <see cref="ChatClientMetadata"/>, <see cref="LlamaRuntimeInfo"/>, <see cref="LlamaChatClientOptions"/> and the client itself.</remarks>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _runtime.Metadata
            : serviceType == typeof(LlamaRuntimeInfo) ? _runtime.Info
            : serviceType == typeof(LlamaChatClientOptions) ? _runtime.Options
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Cancels what runs and unloads the model. May be called more than once.</summary>
    public void Dispose() => _runtime.Dispose();

    private IAsyncEnumerable<ChatResponseUpdate> Answer(IEnumerable<ChatMessage> messages, ChatOptions? options, bool collected, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(messages);
        _runtime.ThrowIfDisposed();
        ChatRequest request = ChatRequest.Of(messages, options, this, _runtime.Options.SkipUnsupportedContent);
        KvCompressionPlanner compression = _runtime.Compression.Of(request.Settings.Compression);
        return _runtime.AnswerAsync(request, () => _runtime.Preparation.Conversation(request, compression), collected, cancellationToken);
    }

    private static LlamaChatClientOptions Valid(LlamaChatClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        new LlamaChatClientOptionsValidator(KvPolicyCatalog.Default).ThrowIfInvalid(options);
        return options;
    }
}
