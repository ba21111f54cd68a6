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
/// A chat client that runs a GGUF model in this process, through llama.cpp. After prefill, the prompt's KV cache is compressed to the
/// most valuable cells (<see cref="LlamaChatClientOptions.Compression"/>).
/// </summary>
/// <remarks>
/// All members are thread-safe. Answers are generated one after the other, in the order of the calls; a streaming call is made when its
/// enumeration starts. A call can be cancelled while it waits, between chunks of the prompt and between tokens; it then throws
/// <see cref="OperationCanceledException"/>. Without <see cref="ChatOptions.MaxOutputTokens"/> an answer is limited only by the context
/// size. Without <see cref="ChatOptions.Seed"/> two calls differ; temperature 0 selects the most likely token. Prompts are rendered with
/// the model's own chat template, which also advertises the functions in <see cref="ChatOptions.Tools"/>. The schemas of calls, a
/// required call and a JSON response format are enforced by a grammar. A schema that no grammar can enforce is an error, unless the
/// additional property <c>strict</c> is false. <see cref="ChatOptions.ModelId"/> and <see cref="ChatOptions.ConversationId"/> are
/// ignored: the client has one model, and the whole conversation must be sent with each call. For additional properties and
/// <see cref="ChatOptions.RawRepresentationFactory"/> see <see cref="LlamaRequestOptions"/>.
/// </remarks>
public sealed class LlamaChatClient : IChatClient
{
    private readonly LlamaRuntime _runtime;

    /// <summary>Loads the model and creates the client.</summary>
    /// <param name="options">The model and its settings. Do not change them afterwards.</param>
    /// <param name="logger">Receives the client's log and llama.cpp's; null for none.</param>
    /// <exception cref="OptionsValidationException">A setting is invalid. The message names it and the fix.</exception>
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
            GpuLayerCount = options.GpuLayerCount,
            NativeLibraryPath = options.NativeLibraryPath,
            BackendPaths = [.. options.BackendPaths],
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

    /// <summary>Loads the model and creates the client, on another thread.</summary>
    /// <param name="options">The model and its settings. Do not change them afterwards.</param>
    /// <param name="logger">Receives the client's log and llama.cpp's; null for none.</param>
    /// <param name="progress">Receives the loaded share of the model, 0 to 1; null for none.</param>
    /// <param name="cancellationToken">Cancels the loading.</param>
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
    /// <exception cref="NotSupportedException">A message has an image or other unsupported content (<see cref="LlamaChatClientOptions.SkipUnsupportedContent"/>).</exception>
    /// <exception cref="OptionsValidationException">A compression setting of the call is invalid.</exception>
    /// <exception cref="PromptTooLongException">Neither the prompt nor its compressed cells fit into the context.</exception>
    /// <exception cref="NotSupportedException">No grammar can enforce the response format's schema.</exception>
    /// <exception cref="LlamaException">llama.cpp cannot use the call's grammar, or no token of the model matches it.</exception>
    /// <exception cref="LlamaModelException">The chat template cannot render the conversation.</exception>
    /// <exception cref="KvCompressionException">This model's cache cannot be compressed, or not with this policy.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        UpdateStream.CollectAsync(Answer(messages, options, collected: true, cancellationToken));

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There is no message, or one is null.</exception>
    /// <exception cref="NotSupportedException">A message has an image or other unsupported content (<see cref="LlamaChatClientOptions.SkipUnsupportedContent"/>).</exception>
    /// <exception cref="OptionsValidationException">A compression setting of the call is invalid.</exception>
    /// <exception cref="PromptTooLongException">Neither the prompt nor its compressed cells fit into the context.</exception>
    /// <exception cref="NotSupportedException">No grammar can enforce the response format's schema.</exception>
    /// <exception cref="LlamaException">llama.cpp cannot use the call's grammar, or no token of the model matches it.</exception>
    /// <exception cref="LlamaModelException">The chat template cannot render the conversation.</exception>
    /// <exception cref="KvCompressionException">This model's cache cannot be compressed, or not with this policy.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        Answer(messages, options, collected: false, cancellationToken);

    /// <summary>
    /// Prefills a document once and compresses its cells, so that any number of questions can be asked about it without prefilling it
    /// again.
    /// </summary>
    /// <param name="document">The text. Questions follow it in the user's turn.</param>
    /// <param name="options">A system prompt and compression settings; null for no system prompt and the client's settings.</param>
    /// <param name="progress">Receives the progress after each chunk, on the client's native thread, so it must return quickly. Null for none.</param>
    /// <param name="cancellationToken">Checked between chunks.</param>
    /// <returns>The document. Dispose it to free its memory.</returns>
    /// <exception cref="ArgumentException">The document is empty, or contains a NUL character.</exception>
    /// <exception cref="OptionsValidationException">A compression setting is invalid.</exception>
    /// <exception cref="PromptTooLongException">Neither the document nor its compressed cells fit into the context.</exception>
    /// <exception cref="KvCompressionException">This model's cache cannot be compressed, or not with this policy.</exception>
    /// <exception cref="OperationCanceledException">The prefill was cancelled.</exception>
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
            () => _runtime.Preparation.Prefix(document, instructions), compression, progress, cancellationToken).ConfigureAwait(false);
        return new LlamaDocument(_runtime, new PrefilledDocument(document, instructions, prompt), snapshot, statistics);
    }

    /// <inheritdoc/>
    /// <remarks>Returns <see cref="ChatClientMetadata"/>, <see cref="LlamaRuntimeInfo"/>, <see cref="LlamaChatClientOptions"/> and the client itself.</remarks>
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

    /// <summary>Cancels running calls and unloads the model. May be called more than once.</summary>
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
