using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Text;
using CurKv.KvPolicy;
using LLama.Exceptions;
using LLama.Native;
using Microsoft.Extensions.Logging;

namespace CurKv.Connector.Engine;

/// <summary>The engine over LLamaSharp's names: the package's, or the stand-in's where the feed lacks the package.</summary>
internal sealed unsafe class LlamaSharpEngine : ILlamaEngine
{
#if LLAMASHARP
    private const string BindingName = "LLamaSharp";
#else
    private const string BindingName = "stand-in";
#endif
    private static readonly Lock LibraryGate = new();
    private static LlamaBinding? _binding;
    private static string? _configuredPath;

    private readonly SafeLlamaModelHandle _model;
    private readonly IDisposable _logSubscription;

    private LlamaSharpEngine(SafeLlamaModelHandle model, LlamaModelInfo info, GgufOutputWeights? outputWeights, IDisposable logSubscription)
    {
        _model = model;
        OutputWeights = outputWeights;
        _logSubscription = logSubscription;
        Model = info;
        Tokens = new TokenBytes(LlamaGaps.llama_model_get_vocab(model.DangerousGetHandle()));
        Vocabulary = ReadVocabulary(Tokens);
        Grammars = new GrammarCache(Tokens.Vocab);
    }

    public LlamaBinding Binding => _binding!;

    public LlamaModelInfo Model { get; }

    public GgufOutputWeights? OutputWeights { get; }

    /// <summary>The tokens' bytes.</summary>
    public TokenBytes Tokens { get; }

    public LlamaVocabulary Vocabulary { get; }

    /// <summary>The grammars of answers.</summary>
    public GrammarCache Grammars { get; }

    public bool SupportsGpu => NativeApi.llama_supports_gpu_offload();

    /// <summary>Loads the native libraries (once for the process) and a model.</summary>
    /// <param name="modelPath">A GGUF file.</param>
    /// <param name="gpuLayers">Layers to put on the GPU; −1 is all of them.</param>
    /// <param name="nativeLibraryPath">The libllama to load; null for the binding's own.</param>
    /// <param name="logger">Receives llama.cpp's log lines while the engine lives.</param>
    /// <param name="progress">Receives the share of the model that is loaded, 0 to 1; null for none.</param>
    /// <param name="cancellationToken">Stops the loading.</param>
    /// <exception cref="LlamaNativeLibraryException">The libraries are missing or another build.</exception>
    /// <exception cref="LlamaModelException">The model cannot be loaded.</exception>
    /// <exception cref="OperationCanceledException">The loading was cancelled.</exception>
    public static LlamaSharpEngine Load(
        string modelPath, int gpuLayers, string? nativeLibraryPath, ILogger logger, IProgress<float>? progress, CancellationToken cancellationToken)
    {
        GgufFile gguf = GgufFile.Read(modelPath);
        IDisposable subscription = NativeLog.Subscribe(logger);
        try
        {
            LoadLibrary(nativeLibraryPath);
            NativeLog.ClearErrors();
            SafeLlamaModelHandle model = LoadModel(modelPath, gpuLayers, progress, cancellationToken);
            try
            {
                LlamaModelInfo info = Describe(model, modelPath, gguf);
                return new LlamaSharpEngine(model, info, GgufOutputWeights.Open(gguf, info, model.EmbeddingSize), subscription);
            }
            catch
            {
                model.Dispose();
                throw;
            }
        }
        catch
        {
            subscription.Dispose();
            throw;
        }
    }

    public int[] Tokenize(string text, bool addSpecial, bool parseSpecial)
    {
        // Prompts are tokenised on the callers' threads: the model must not be unloaded under one of them.
        bool held = false;
        try
        {
            _model.DangerousAddRef(ref held);
            LLamaToken[] tokens = _model.Tokenize(text, addSpecial && _model.Vocab.ShouldAddBOS, parseSpecial, Encoding.UTF8);
            return MemoryMarshal.Cast<LLamaToken, int>(tokens).ToArray();
        }
        finally
        {
            if (held)
            {
                _model.DangerousRelease();
            }
        }
    }

    public int Piece(int token, Span<byte> utf8, bool special = false)
    {
        bool held = false;
        try
        {
            _model.DangerousAddRef(ref held);
            return (int)_model.TokenToSpan(token, utf8, special: special);
        }
        finally
        {
            if (held)
            {
                _model.DangerousRelease();
            }
        }
    }

    public bool IsEndOfGeneration(int token) => ((LLamaToken)token).IsEndOfGeneration(_model.Vocab);

    public string? ApplyTemplate(string template, IReadOnlyList<(string Role, string Content)> messages, bool addAssistant)
    {
        // One block holds all strings, each ending in 0; the structs point into it.
        var text = new MemoryStream();
        Span<int> starts = new int[(messages.Count * 2) + 1];
        Append(template);
        for (int i = 0; i < messages.Count; i++)
        {
            starts[(2 * i) + 1] = Append(messages[i].Role);
            starts[(2 * i) + 2] = Append(messages[i].Content);
        }

        byte[] bytes = text.ToArray();
        var chat = new LLamaChatMessage[messages.Count];
        var output = new byte[(bytes.Length * 2) + 256];
        fixed (byte* start = bytes)
        fixed (LLamaChatMessage* first = chat)
        {
            for (int i = 0; i < chat.Length; i++)
            {
                chat[i].role = start + starts[(2 * i) + 1];
                chat[i].content = start + starts[(2 * i) + 2];
            }

            while (true)
            {
                int length;
                fixed (byte* destination = output)
                {
                    length = NativeApi.llama_chat_apply_template(start, first, (nuint)chat.Length, addAssistant, destination, output.Length);
                }

                if (length < 0)
                {
                    return null;
                }

                if (length <= output.Length)
                {
                    return Encoding.UTF8.GetString(output, 0, length);
                }

                output = new byte[length];
            }
        }

        int Append(string value)
        {
            int at = (int)text.Position;
            text.Write(Encoding.UTF8.GetBytes(value));
            text.WriteByte(0);
            return at;
        }
    }

    public ILlamaContext CreateContext(LlamaContextSettings settings, IEvalHook? hook)
    {
        CheckMemory(settings);
        EvalCallback? callback = hook is null ? null : new EvalCallback(hook);
        LLamaContextParams parameters = LLamaContextParams.Default();
        parameters.n_ctx = checked((uint)(settings.ContextSize * settings.Sequences));
        parameters.n_batch = (uint)settings.BatchSize;
        parameters.n_ubatch = (uint)settings.BatchSize;
        parameters.n_seq_max = (uint)settings.Sequences;
        parameters.n_threads = settings.Threads;
        parameters.n_threads_batch = settings.Threads;
        parameters.llama_flash_attn_type = settings.FlashAttention switch
        {
            FlashAttentionMode.On => LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_ENABLED,
            FlashAttentionMode.Off => LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_DISABLED,
            _ => LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_AUTO,
        };
        parameters.type_k = (GGMLType)settings.KeyType;
        parameters.type_v = (GGMLType)settings.ValueType;
        parameters.cb_eval = callback is null ? 0 : EvalCallback.Function;
        parameters.cb_eval_user_data = callback?.UserData ?? 0;

        // A stream of cells for each sequence: what one conversation does leaves the others bit-identical.
        parameters.kv_unified = false;
        NativeLog.ClearErrors();
        SafeLLamaContextHandle context = SafeLLamaContextHandle.Create(_model, parameters);
        if (context.IsInvalid)
        {
            context.Dispose();
            callback?.Dispose();
            throw new LlamaModelException(
                Model.Path,
                $"No context of {settings.ContextSize} x {settings.Sequences} cells could be created for '{Model.Path}'. {NativeLog.LastErrors()} " +
                $"Lower {nameof(LlamaChatClientOptions)}.{nameof(LlamaChatClientOptions.ContextSize)}, or change {nameof(LlamaChatClientOptions.KeyCacheType)}, {nameof(LlamaChatClientOptions.ValueCacheType)} or {nameof(LlamaChatClientOptions.FlashAttention)}.");
        }

        return new LlamaSharpContext(context, settings, callback);
    }

    public ILlamaEmbeddingContext CreateEmbeddingContext(LlamaEmbeddingSettings settings)
    {
        LLamaPoolingType pooling = Pooling(settings.Pooling);

        // Of a chat model, llama.cpp computes logits for every token that is pooled. Without FlashAttention each token's weights for all
        // others are computed at once.
        double rows = (double)settings.BatchSize * sizeof(float) * (Model.VocabularySize + _model.EmbeddingSize + ((double)settings.BatchSize * Model.QueryHeads));
        ThrowIfTooLarge(
            CacheBytes(new LlamaContextSettings { ContextSize = settings.BatchSize }) + rows,
            isTooMany: false,
            $"A batch of {settings.BatchSize:N0} tokens", $"{nameof(LlamaEmbeddingGeneratorOptions)}.{nameof(LlamaEmbeddingGeneratorOptions.BatchSize)}");
        LLamaContextParams parameters = LLamaContextParams.Default();
        (parameters.n_ctx, parameters.n_batch, parameters.n_ubatch) = ((uint)settings.BatchSize, (uint)settings.BatchSize, (uint)settings.BatchSize);
        parameters.n_seq_max = (uint)settings.Sequences;
        (parameters.n_threads, parameters.n_threads_batch) = (settings.Threads, settings.Threads);
        (parameters.embeddings, parameters.kv_unified) = (true, true);
        parameters.llama_pooling_type = pooling;

        // On the CPU, FlashAttention rounds as the batch happens to lie: a text's vector would differ by a percent from batch to batch.
        parameters.llama_flash_attn_type = SupportsGpu ? LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_AUTO : LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_DISABLED;
        NativeLog.ClearErrors();
        SafeLLamaContextHandle context = SafeLLamaContextHandle.Create(_model, parameters);
        if (context.IsInvalid)
        {
            context.Dispose();
            throw new LlamaModelException(
                Model.Path,
                $"No context for embeddings of {settings.BatchSize} tokens could be created for '{Model.Path}'. {NativeLog.LastErrors()} Lower {nameof(LlamaEmbeddingGeneratorOptions)}.{nameof(LlamaEmbeddingGeneratorOptions.BatchSize)}.");
        }

        return new LlamaSharpEmbeddingContext(_model, context, settings);
    }

    public ILlamaSampler CreateSampler(SamplerSettings settings)
    {
        SamplerGrammar? grammar = settings.Grammar is null ? null : new SamplerGrammar(settings.Grammar, Grammars, Tokens);
        try
        {
            return new LlamaSharpSampler(settings, Model, Tokens.Vocab, grammar);
        }
        catch
        {
            grammar?.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Grammars.Dispose();
        _model.Dispose();
        _logSubscription.Dispose();
    }

    private LLamaPoolingType Pooling(LlamaPooling pooling)
    {
        nint model = _model.DangerousGetHandle();
        if (LlamaGaps.llama_model_has_encoder(model) && LlamaGaps.llama_model_has_decoder(model))
        {
            throw NoVectors("an encoder that feeds a decoder, whose vectors llama.cpp does not give");
        }

        LLamaPoolingType own = (LLamaPoolingType)(Model.PoolingType ?? (int)LLamaPoolingType.None);
        return pooling switch
        {
            LlamaPooling.Mean => LLamaPoolingType.Mean,
            LlamaPooling.Cls => LLamaPoolingType.CLS,
            LlamaPooling.Last => LLamaPoolingType.Last,
            _ when own == LLamaPoolingType.Rank => throw NoVectors("a reranker: it scores pairs of texts"),
            _ => own == LLamaPoolingType.None ? LLamaPoolingType.Mean : own,
        };

        LlamaModelException NoVectors(string why) => new(
            Model.Path, $"'{Model.Path}' is {why}. Set {nameof(LlamaEmbeddingGeneratorOptions)}.{nameof(LlamaEmbeddingGeneratorOptions.ModelPath)} to a model that embeds texts.");
    }

    // llama.cpp takes as much memory as it is told to, and the system ends the process that touches what is not there.
    private void CheckMemory(LlamaContextSettings settings)
    {
        long cells = (long)settings.ContextSize * settings.Sequences;
        ThrowIfTooLarge(
            CacheBytes(settings), cells > int.MaxValue, $"A KV cache of {cells:N0} cells", $"{nameof(LlamaChatClientOptions)}.{nameof(LlamaChatClientOptions.ContextSize)}");
    }

    // Of a hybrid's layers only some have cells, and not every file says which.
    private double CacheBytes(LlamaContextSettings settings) => Model.IsHybrid ? 0 : (double)settings.ContextSize * settings.Sequences * Model.Layers * Model.KvHeads
        * (RowBytes(settings.KeyType, Model.KeyDimension) + RowBytes(settings.ValueType, Model.ValueDimension));

    private void ThrowIfTooLarge(double bytes, bool isTooMany, string what, string setting)
    {
        // With a limit on the managed heap the runtime tells that limit, which says nothing about native memory.
        bool heapIsLimited = GC.GetConfigurationVariables().TryGetValue("GCHeapHardLimit", out object? limit) && Convert.ToInt64(limit, CultureInfo.InvariantCulture) > 0;
        long available = heapIsLimited ? long.MaxValue : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (isTooMany || (!SupportsGpu && bytes > available))
        {
            throw new LlamaModelException(
                Model.Path,
                $"{what} takes {bytes / (1L << 30):N1} GiB, more than the {available / (double)(1L << 30):N1} GiB that there are. Lower {setting}.");
        }
    }

    // A row's share of a block may be a part of it here: this is an estimate.
    private static double RowBytes(KvElementType type, int elements) => KvTensor.SliceBytesOf(type, 32) / 32.0 * elements;

    private static void LoadLibrary(string? path)
    {
        lock (LibraryGate)
        {
            if (_binding is not null)
            {
                // The system tells a loaded library's path with its links resolved; the setting may go through one.
                if (path is not null && Path.GetFullPath(path) != _binding.LibraryPath && Path.GetFullPath(path) != _configuredPath)
                {
                    throw new LlamaNativeLibraryException(
                        $"{nameof(LlamaChatClientOptions)}.{nameof(LlamaChatClientOptions.NativeLibraryPath)} is '{path}', but this process already runs '{_binding.LibraryPath}'. One process can use one llama.cpp build: set the same path everywhere.");
                }

                return;
            }

            try
            {
                if (path is not null && !NativeLibraryConfig.LLama.LibraryHasLoaded)
                {
                    NativeLibraryConfig.LLama.WithLibrary(Path.GetFullPath(path));
                }

                NativeLog.Install();
                NativeApi.llama_empty_call();
                nint llama = NativeModules.Handle(LlamaGaps.Llama);
                string libraryPath = NativeModules.FindPath(LlamaGaps.Llama)!;
                AbiGuard.Check(llama, libraryPath);
                CudaGuard.Check();
                _configuredPath = path is null ? null : Path.GetFullPath(path);
                _binding = new LlamaBinding(BindingName, Build(libraryPath), libraryPath);
            }
            catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
            {
                Exception cause = (e as TypeInitializationException)?.InnerException ?? e;
                throw new LlamaNativeLibraryException(
                    $"The llama.cpp libraries could not be loaded: {cause.Message} Install LLamaSharp.Backend.Cpu or LLamaSharp.Backend.Cuda12 beside the application, " +
                    $"or set {nameof(LlamaChatClientOptions)}.{nameof(LlamaChatClientOptions.NativeLibraryPath)} to a libllama of the build that the binding was made for, and start the process again.",
                    e);
            }
        }
    }

    // npm's libraries carry the build in their names; the others tell their commit.
    private static string Build(string libraryPath)
    {
        string[] parts = Path.GetFileName(libraryPath).Split('.');
        return parts is [_, ['b', .. { Length: > 0 } number], ..] && int.TryParse(number, out _)
            ? parts[1]
            : Marshal.PtrToStringUTF8((nint)LlamaGaps.ggml_commit()) ?? "unknown";
    }

    private static SafeLlamaModelHandle LoadModel(string path, int gpuLayers, IProgress<float>? progress, CancellationToken cancellationToken)
    {
        LLamaModelParams parameters = LLamaModelParams.Default();
        parameters.n_gpu_layers = gpuLayers;
        Exception? handlerFailure = null;
        LlamaProgressCallback onProgress = (share, _) =>
        {
            try
            {
                progress?.Report(share);
                return !cancellationToken.IsCancellationRequested;
            }
#pragma warning disable CA1031 // No exception may pass llama.cpp's frames; it is thrown again behind them.
            catch (Exception e)
#pragma warning restore CA1031
            {
                handlerFailure = e;
                return false;
            }
        };
        parameters.progress_callback = onProgress;
        try
        {
            return SafeLlamaModelHandle.LoadFromFile(path, parameters);
        }
        catch (LoadWeightsFailedException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (handlerFailure is not null)
            {
                ExceptionDispatchInfo.Throw(handlerFailure);
            }

            throw new LlamaModelException(path, $"llama.cpp could not load '{path}'. {NativeLog.LastErrors()} Set {nameof(LlamaChatClientOptions)}.{nameof(LlamaChatClientOptions.ModelPath)} to a whole GGUF of an architecture that this llama.cpp knows.", e);
        }
        finally
        {
            GC.KeepAlive(onProgress);
        }
    }

    private static LlamaVocabulary ReadVocabulary(TokenBytes tokens)
    {
        const int NoVocabulary = 0;
        const int ControlOrUnknown = (1 << 3) | 1;
        const int Defined = 1 << 4;

        // llama.cpp ends the process that asks for a token where there are none.
        if (LlamaGaps.llama_vocab_type(tokens.Vocab) == NoVocabulary)
        {
            return new LlamaVocabulary();
        }

        byte[] buffer = new byte[64];
        var controls = new Dictionary<string, int>(StringComparer.Ordinal);
        List<string> defined = [];
        int count = LlamaGaps.llama_vocab_n_tokens(tokens.Vocab);
        for (int token = 0; token < count; token++)
        {
            int attributes = LlamaGaps.llama_vocab_get_attr(tokens.Vocab, token);
            if ((attributes & (ControlOrUnknown | Defined)) == 0 || Text(token) is not { Length: > 1 } text || string.IsNullOrWhiteSpace(text))
            {
                continue;
            }

            if ((attributes & ControlOrUnknown) != 0)
            {
                controls.TryAdd(text, token);
            }
            else
            {
                defined.Add(text);
            }
        }

        return new LlamaVocabulary
        {
            Begin = Text(LlamaGaps.llama_vocab_bos(tokens.Vocab)),
            End = Text(LlamaGaps.llama_vocab_eos(tokens.Vocab)),
            Controls = controls,
            Defined = defined,
        };

        string Text(int token) => token < 0 ? string.Empty : Encoding.UTF8.GetString(buffer.AsSpan(0, tokens.Read(token, ref buffer)));
    }

    private static LlamaModelInfo Describe(SafeLlamaModelHandle model, string path, GgufFile gguf)
    {
        // llama.cpp tells the first layer's heads, and a hybrid's first layer has none.
        int queryHeads = gguf.Numbers("attention.head_count")?.DefaultIfEmpty().Max() ?? model.HeadCount;
        int kvHeads = gguf.Numbers("attention.head_count_kv")?.DefaultIfEmpty().Max() ?? queryHeads;
        bool isHybrid = LlamaGaps.llama_model_is_hybrid(model.DangerousGetHandle());
        int defaultDimension = queryHeads > 0 ? model.EmbeddingSize / queryHeads : 0;
        int keyDimension = (int)(gguf.Number("attention.key_length") ?? defaultDimension);
        return new LlamaModelInfo
        {
            Path = path,
            Description = model.Description,
            Architecture = gguf.Architecture,
            TrainedContext = model.ContextSize,
            VocabularySize = model.Vocab.Count,
            Layers = model.LayerCount,
            QueryHeads = queryHeads,
            KvHeads = kvHeads,
            KeyDimension = keyDimension,
            ValueDimension = (int)(gguf.Number("attention.value_length") ?? defaultDimension),
            HasRotaryPositions = model.RopeType != LLamaRopeType.None && !IsBaichuanWithAlibi(model, gguf),
            Rotary = RotatesEverywhere(gguf, isHybrid) ? Rotary(model, gguf, keyDimension) : null,
            AttentionScale = (float)(gguf.Real("attention.scale") ?? 0),
            IsRecurrent = model.IsRecurrent,
            IsHybrid = isHybrid,
            SlidingWindow = LlamaGaps.llama_model_n_swa(model.DangerousGetHandle()),
            PoolingType = (int?)gguf.Number("pooling_type"),
            ChatTemplate = model.GetTemplate(strict: false),
        };
    }

    // One name for two models: the larger one, which llama.cpp knows by its layers, has ALiBi in place of RoPE.
    private static bool IsBaichuanWithAlibi(SafeLlamaModelHandle model, GgufFile gguf) => gguf.Architecture == "baichuan" && model.LayerCount == 40;

    // Families whose layers differ may leave some of them without positions (Cohere 2, Llama 4, SmolLM 3, Exaone 4, most hybrids).
    private static bool RotatesEverywhere(GgufFile gguf, bool isHybrid) => gguf.Architecture is "llama" or "gemma2" or "gemma3"
        || !(isHybrid || gguf.Architecture is "smollm3" or "llama4" || gguf.Number("attention.sliding_window") > 0);

    // LLamaSharp names the types Norm and None only; NeoX is llama.cpp's 2.
    private static RotaryEmbedding? Rotary(SafeLlamaModelHandle model, GgufFile gguf, int keyDimension)
    {
        const LLamaRopeType Neox = (LLamaRopeType)2;
        bool plain = model.RopeType is LLamaRopeType.Norm or Neox
            && (gguf.Text("rope.scaling.type") ?? "none") == "none"
            && !gguf.HasTensor("rope_freqs.weight");
        int dimensions = (int)(gguf.Number("rope.dimension_count") ?? keyDimension);
        return plain && dimensions >= 2 && dimensions % 2 == 0 && dimensions <= keyDimension
            ? new RotaryEmbedding(gguf.Real("rope.freq_base") ?? 10000, dimensions, model.RopeType == LLamaRopeType.Norm)
            : null;
    }
}
