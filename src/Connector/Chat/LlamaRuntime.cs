using System.Collections.Frozen;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Sessions;
using CurKv.Connector.Templates;
using CurKv.Connector.Templates.Formats;
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
    private readonly AnswerGrammars _grammars;
    private readonly FrozenSet<int> _marks;
    private int _disposed;

    public LlamaRuntime(ILlamaEngine engine, LlamaChatClientOptions options, KvPolicyCatalog policies, ILogger logger)
    {
        _engine = engine;
        _grammars = new AnswerGrammars(what => LogRelaxed(logger, what));
        Options = options;
        ModelId = options.ModelId ?? Path.GetFileNameWithoutExtension(options.ModelPath);
        Prompts = new PromptBuilder(engine, ChatTemplate.Create(engine, options.ChatTemplate, TimeProvider.System, logger));
        _marks = [.. engine.Vocabulary.Controls.Where(control => Prompts.Template.Format.IsMark(control.Key) || Prompts.GenericFormat.IsMark(control.Key)).Select(control => control.Value)];
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

    /// <summary>Refuses bad settings, before anything is done for a call.</summary>
    /// <exception cref="OptionsValidationException">A setting is bad.</exception>
    public void ThrowIfInvalid(KvCompressionOptions? options)
    {
        // The client's own options were valid when it was made.
        if (options is not null && options != Options.Compression)
        {
            _validator.ThrowIfInvalid(options, Options.ContextSize);
        }
    }

    /// <summary>How a prompt is compressed; null where it is kept whole.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="questionKnown">Whether the prompt holds what is to be answered, or only what questions will be about.</param>
    /// <exception cref="OptionsValidationException">A setting is bad.</exception>
    public KvCompressionPlan? Plan(KvCompressionOptions options, Prompt prompt, bool questionKnown)
    {
        ThrowIfInvalid(options);
        return _planner.Plan(options, [prompt.SystemPrompt, prompt.Tools], prompt.Scaffolding, questionKnown);
    }

    /// <summary>Answers a request. Its place among the others is that of the first step of the enumeration.</summary>
    /// <param name="request">The request.</param>
    /// <param name="prepare">Renders its prompt; called on a thread of the pool.</param>
    /// <param name="collected">Whether all of the answer is read as it comes, so that it never waits for its reader.</param>
    /// <param name="cancellationToken">Stops the answer, from the rendering on.</param>
    public IAsyncEnumerable<ChatResponseUpdate> AnswerAsync(ChatRequest request, Func<PreparedPrompt> prepare, bool collected, CancellationToken cancellationToken)
    {
        IAsyncEnumerable<GenerationEvent> events = Scheduler.GenerateAsync(
            () => Generation(request, prepare()), collected ? EventBuffer.Unbounded : EventBuffer.DefaultCapacity, cancellationToken);
        return UpdateStream.FromAsync(events, ModelId, request.ShowsReasoning, cancellationToken);
    }

    /// <summary>Reads a document's part of a prompt. Its place among the others is that of the call.</summary>
    /// <param name="build">Builds the prompt; called on a thread of the pool.</param>
    /// <param name="compression">How the document is compressed.</param>
    /// <param name="progress">Told after each chunk, on the native thread; null for none.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public async Task<(Prompt Prompt, KvSnapshot Snapshot, GenerationStatistics Statistics)> ReadAsync(
        Func<Prompt> build, KvCompressionOptions compression, IProgress<PromptProgress>? progress, CancellationToken cancellationToken)
    {
        Prompt? prompt = null;
        var (snapshot, statistics) = await Scheduler.ReadAsync(
            () =>
            {
                prompt = build();
                return new ReadingRequest(null, prompt.Tokens, Plan(compression, prompt, questionKnown: false));
            },
            progress,
            cancellationToken).ConfigureAwait(false);
        return (prompt!, snapshot, statistics);
    }

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

    private GenerationRequest Generation(ChatRequest request, PreparedPrompt prompt)
    {
        ReasoningStart reasoning = prompt.Format.ReasoningAfter(prompt.Text);
        var parser = new AnswerParserSettings
        {
            Tools = request.Callable,
            Reasoning = reasoning,
            UsedCallIds = request.Conversation.Turns.SelectMany(turn => turn.Calls).Select(call => call.CallId).ToHashSet(StringComparer.Ordinal),
        };
        // A grammar that the caller brings goes before what the options demand.
        return new GenerationRequest
        {
            Prefix = prompt.Prefix,
            Tokens = prompt.Tokens,
            Compression = prompt.Plan,
            Sampler = request.Settings.Sampler with { Grammar = request.Settings.Sampler.Grammar ?? _grammars.Of(request, prompt.Format, reasoning) },
            Reader = new AnswerReader(prompt.Format.CreateParser(parser)),
            Marks = _marks,
            StopSequences = request.Settings.StopSequences,
            MaxOutputTokens = request.MaxOutputTokens,
        };
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

    [LoggerMessage(LogLevel.Warning, "A grammar does not enforce all of a schema: {What}")]
    private static partial void LogRelaxed(ILogger logger, string what);
}
