using System.Collections.Frozen;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Sessions;
using CurKv.Connector.Templates;
using CurKv.KvPolicy.Naming;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace CurKv.Connector.Chat;

/// <summary>The parts that a client and its documents share: the engine, the scheduler and the preparation of requests. Thread-safe.</summary>
internal sealed partial class LlamaRuntime : IDisposable
{
    private readonly ILlamaEngine _engine;
    private readonly string _modelId;
    private int _disposed;

    public LlamaRuntime(ILlamaEngine engine, LlamaChatClientOptions options, KvPolicyCatalog policies, ILogger logger)
    {
        _engine = engine;
        _modelId = options.ModelId ?? Path.GetFileNameWithoutExtension(options.ModelPath);
        Options = options;
        Prompts = new PromptBuilder(engine, ChatTemplate.Create(engine, options.ChatTemplate, TimeProvider.System, logger));
        Preparation = new PromptPreparation(Prompts, new RequestGrammars(what => LogRelaxed(logger, what)), VisibleSpecialTokens(engine, Prompts));
        Scheduler = new Scheduler(engine, ContextMapping.Settings(options), ContextMapping.Access(options, policies, engine), typeof(LlamaChatClient), logger);
        Compression = new CompressionSettings(options, policies, Scheduler.ObservesQueries, Scheduler.MeasuresOnDevice);
        Info = new LlamaRuntimeInfo(
            engine.Binding.Name, engine.Binding.LlamaCppBuild, engine.Binding.LibraryPath, options.ModelPath, engine.Model.Description, Scheduler.CompressionUnsupportedReason);
        Metadata = new ChatClientMetadata("llama.cpp", new Uri($"https://llama.cpp/{Info.Binding}/{Info.LlamaCppBuild}"), _modelId);
        if (Info.CompressionUnsupportedReason is not null && !options.Compression.KeepsAll)
        {
            LogCompressionUnsupported(logger, _modelId, Info.CompressionUnsupportedReason);
        }

        LogReady(logger, _modelId, Info.ModelDescription, Info.Binding, Info.LlamaCppBuild, options.ContextSize);
    }

    public LlamaChatClientOptions Options { get; }

    public LlamaRuntimeInfo Info { get; }

    public ChatClientMetadata Metadata { get; }

    public PromptBuilder Prompts { get; }

    public PromptPreparation Preparation { get; }

    public CompressionSettings Compression { get; }

    public Scheduler Scheduler { get; }

    /// <summary>Answers a request. It is queued when the enumeration starts.</summary>
    /// <param name="request">The request.</param>
    /// <param name="prepare">Renders its prompt; called on a thread pool thread.</param>
    /// <param name="collected">Whether the caller collects the whole answer, so that it never waits for its reader.</param>
    /// <param name="cancellationToken">Cancels the answer, including the rendering.</param>
    public IAsyncEnumerable<ChatResponseUpdate> AnswerAsync(ChatRequest request, Func<GenerationRequest> prepare, bool collected, CancellationToken cancellationToken)
    {
        IAsyncEnumerable<GenerationEvent> events = Scheduler.GenerateAsync(prepare, collected ? EventBuffer.Unbounded : EventBuffer.DefaultCapacity, cancellationToken);
        return UpdateStream.FromAsync(ChatAdvice.Advised(events, cancellationToken), _modelId, request.ShowsReasoning, cancellationToken);
    }

    /// <summary>Prefills a document's prompt prefix. It is queued when the method is called.</summary>
    /// <param name="build">Builds the prompt; called on a thread pool thread.</param>
    /// <param name="compression">How the document is compressed.</param>
    /// <param name="progress">Receives the progress after each chunk, on the native thread; null for none.</param>
    /// <param name="cancellationToken">Cancels the prefill.</param>
    public async Task<(Prompt Prompt, KvSnapshot Snapshot, GenerationStatistics Statistics)> ReadAsync(
        Func<Prompt> build, KvCompressionPlanner compression, IProgress<PromptProgress>? progress, CancellationToken cancellationToken)
    {
        Prompt? prompt = null;
        var (snapshot, statistics) = await ChatAdvice.Advised(Scheduler.ReadAsync(
            () => PromptPreparation.Reading(prompt = build(), compression), progress, cancellationToken)).ConfigureAwait(false);
        return (prompt!, snapshot, statistics);
    }

    public void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, typeof(LlamaChatClient));

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Scheduler.Dispose();
            _engine.Dispose();
        }
    }

    private static FrozenSet<int> VisibleSpecialTokens(ILlamaEngine engine, PromptBuilder prompts) =>
    [
        .. engine.Vocabulary.ControlTokens
            .Where(control => prompts.Template.Format.IsDelimiter(control.Key) || prompts.GenericFormat.IsDelimiter(control.Key))
            .Select(control => control.Value),
    ];

    [LoggerMessage(LogLevel.Warning, "The cache of {ModelId} cannot be compressed: {UnsupportedReason}. Long prompts will be rejected until Compression.Policy is \"none\".")]
    private static partial void LogCompressionUnsupported(ILogger logger, string modelId, string unsupportedReason);

    [LoggerMessage(LogLevel.Information, "{ModelId} ({Description}) is ready: {Binding}, llama.cpp {Build}, {ContextSize} cells.")]
    private static partial void LogReady(ILogger logger, string modelId, string description, string binding, string build, int contextSize);

    [LoggerMessage(LogLevel.Warning, "A grammar does not enforce the whole schema: {What}")]
    private static partial void LogRelaxed(ILogger logger, string what);
}
