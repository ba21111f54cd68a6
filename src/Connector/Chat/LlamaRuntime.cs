using System.Runtime.CompilerServices;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Sessions;
using CurKv.Connector.Templates;
using CurKv.KvPolicy;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CurKv.Connector.Chat;

/// <summary>What a client and its documents share: the engine, the scheduler and the prompt builder. Thread-safe.</summary>
internal sealed partial class LlamaRuntime : IDisposable
{
    private readonly ILlamaEngine _engine;
    private readonly LlamaChatClientOptionsValidator _validator;
    private readonly KvCompressionPlanner _planner;
    private int _disposed;

    public LlamaRuntime(ILlamaEngine engine, LlamaChatClientOptions options, KvPolicyCatalog policies, ILogger logger)
    {
        _engine = engine;
        Options = options;
        ModelId = options.ModelId ?? Path.GetFileNameWithoutExtension(options.ModelPath);
        Prompts = new PromptBuilder(engine, new ChatTemplate(engine, options.ChatTemplate));
        Scheduler = new Scheduler(engine, ContextSettings(options), Access(engine, options, policies), logger);
        _validator = new LlamaChatClientOptionsValidator(policies);
        _planner = new KvCompressionPlanner(policies, Scheduler.ObservesQueries, Scheduler.MeasuresOnDevice);
        Info = new LlamaRuntimeInfo(
            engine.Binding.Name, engine.Binding.LlamaCppBuild, engine.Binding.LibraryPath, options.ModelPath, engine.Model.Description, Scheduler.CompressionRefusal);
        Metadata = new ChatClientMetadata("llama.cpp", new Uri($"https://llama.cpp/{Info.Binding}/{Info.LlamaCppBuild}"), ModelId);
        if (Info.CompressionRefusal is not null && !options.Compression.KeepsAll)
        {
            LogRefusal(logger, ModelId, Info.CompressionRefusal);
        }

        LogReady(logger, ModelId, Info.ModelDescription, Info.Binding, Info.LlamaCppBuild, options.ContextSize);
    }

    public LlamaChatClientOptions Options { get; }

    public LlamaRuntimeInfo Info { get; }

    public ChatClientMetadata Metadata { get; }

    public PromptBuilder Prompts { get; }

    public Scheduler Scheduler { get; }

    private string ModelId { get; }

    /// <summary>How a prompt is compressed; null where it is kept whole.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="questionKnown">Whether the prompt holds what is to be answered, or only what questions will be about.</param>
    /// <exception cref="OptionsValidationException">A setting is bad.</exception>
    public KvCompressionPlan? Plan(KvCompressionOptions options, Prompt prompt, bool questionKnown)
    {
        // The client's own options were valid when it was made.
        if (options != Options.Compression)
        {
            _validator.ThrowIfInvalid(options, Options.ContextSize);
        }

        return _planner.Plan(options, prompt.SystemPrompt, prompt.Scaffolding, questionKnown);
    }

    /// <summary>The compression settings that a call brings along; null where it brings none.</summary>
    public static KvCompressionOptions? CompressionOf(ChatOptions? options, IChatClient client) =>
        options?.RawRepresentationFactory?.Invoke(client) as KvCompressionOptions;

    /// <summary>Answers from a prompt, read after what a document left in the cache.</summary>
    public IAsyncEnumerable<ChatResponseUpdate> Answer(
        KvSnapshot? prefix, int[] tokens, KvCompressionPlan? compression, ChatOptions? options, CancellationToken cancellationToken)
    {
        var request = new GenerationRequest
        {
            Prefix = prefix,
            Tokens = tokens,
            Compression = compression,
            Sampler = SamplerMapping.Map(options),
            StopSequences = options?.StopSequences is { Count: > 0 } stops ? [.. stops.Where(stop => !string.IsNullOrEmpty(stop))] : [],
            MaxOutputTokens = options?.MaxOutputTokens,
            IsConstrained = options is { Tools.Count: > 0 } or { ResponseFormat: ChatResponseFormatJson },
        };
        if (request.MaxOutputTokens < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(options), request.MaxOutputTokens, $"{nameof(ChatOptions.MaxOutputTokens)} must be at least 1, or null for no limit.");
        }

        return UpdateStream.FromAsync(Scheduler.GenerateAsync(request, cancellationToken), ModelId, cancellationToken);
    }

    /// <summary>Reads a document's part of a prompt.</summary>
    public Task<(KvSnapshot Snapshot, GenerationStatistics Statistics)> ReadAsync(
        Prompt prompt, KvCompressionOptions compression, IProgress<PromptProgress>? progress, CancellationToken cancellationToken) =>
        Scheduler.ReadAsync(null, prompt.Tokens, Plan(compression, prompt, questionKnown: false), progress, cancellationToken);

    /// <summary>Collects a stream into a response that carries the statistics.</summary>
    public static async Task<ChatResponse> CollectAsync(IAsyncEnumerable<ChatResponseUpdate> updates)
    {
        List<ChatResponseUpdate> collected = [];
        await foreach (ChatResponseUpdate update in updates.ConfigureAwait(false))
        {
            collected.Add(update);
        }

        ChatResponse response = collected.ToChatResponse();
        response.RawRepresentation = collected[^1].RawRepresentation;
        return response;
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

    // On a GPU the hook makes the scheduler wait after every part of the graph: prefill takes 7 to 23 % longer. Unless it may be taken
    // away again, only a policy that was asked for by name and cannot work without is worth it.
    private static KvCacheAccess Access(ILlamaEngine engine, LlamaChatClientOptions options, KvPolicyCatalog policies)
    {
        if (options.GpuLayerCount == 0 || !engine.SupportsGpu)
        {
            return KvCacheAccess.OnHost;
        }

        KvCompressionOptions compression = options.Compression;
        IKvPolicy? policy = compression.IsAuto || compression.KeepsAll ? null : compression.CustomPolicy ?? policies.Create(compression.Policy);
        bool needsQueries = policy is not null && (policy.QueryWindow > 0 || policy.Inputs.HasFlag(KvPolicyInputs.RepeatAttention));
        return new KvCacheAccess(needsQueries || options.DetachHook, options.DetachHook, HostMemory.ForGpu());
    }

    private static LlamaContextSettings ContextSettings(LlamaChatClientOptions options) => new()
    {
        ContextSize = options.ContextSize,
        BatchSize = Math.Min(options.BatchSize, options.ContextSize),
        Threads = options.Threads ?? LlamaContextSettings.DefaultThreads,
        FlashAttention = options.FlashAttention,
        KeyType = options.KeyCacheType,
        ValueType = options.ValueCacheType,
    };

    [LoggerMessage(LogLevel.Warning, "The cache of {ModelId} cannot be compressed: {Refusal}. Long prompts will be refused until Compression.Policy is \"none\".")]
    private static partial void LogRefusal(ILogger logger, string modelId, string refusal);

    [LoggerMessage(LogLevel.Information, "{ModelId} ({Description}) is ready: {Binding}, llama.cpp {Build}, {ContextSize} cells.")]
    private static partial void LogReady(ILogger logger, string modelId, string description, string binding, string build, int contextSize);
}
