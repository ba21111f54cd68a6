using System.Numerics.Tensors;
using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.Scheduling;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CurKv.Connector.Embeddings;

/// <summary>
/// Turns texts into vectors with a GGUF model in this process, through llama.cpp: an embedding model, or a chat model whose tokens'
/// vectors are pooled.
/// </summary>
/// <remarks>
/// Every member may be called from several threads at once; calls are computed one after the other. Texts are batched, and a text's
/// vector does not depend on the others' but for rounding. What is written in a text is text: special tokens in it do not become tokens.
/// </remarks>
public sealed class LlamaEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly LlamaEmbeddingGeneratorOptions _options;
    private readonly ILlamaEmbeddingContext _context;
    private readonly NativeThread _thread;
    private readonly EmbeddingGeneratorMetadata _metadata;
    private readonly int _longestText;
    private int _disposed;

    /// <summary>Loads the model and creates the generator.</summary>
    /// <param name="options">The model, and how to run it. Not to be changed afterwards.</param>
    /// <param name="logger">Receives llama.cpp's own log; null for none.</param>
    /// <exception cref="OptionsValidationException">A setting is invalid. The message names it and the fix.</exception>
    /// <exception cref="LlamaModelException">The model cannot be loaded, or gives no vectors for texts.</exception>
    /// <exception cref="LlamaException">The llama.cpp libraries cannot be loaded, or are another build.</exception>
    public LlamaEmbeddingGenerator(LlamaEmbeddingGeneratorOptions options, ILogger<LlamaEmbeddingGenerator>? logger = null)
        : this(Valid(options), logger, CancellationToken.None)
    {
    }

    internal LlamaEmbeddingGenerator(ILlamaEngine engine, LlamaEmbeddingGeneratorOptions options)
    {
        _options = options;
        _longestText = Math.Min(options.ContextSize, engine.Model.TrainedContext);
        _context = CreateContext(engine, options);
        _metadata = new EmbeddingGeneratorMetadata(
            "llama.cpp",
            new Uri($"https://llama.cpp/{engine.Binding.Name}/{engine.Binding.LlamaCppBuild}"),
            options.ModelId ?? Path.GetFileNameWithoutExtension(options.ModelPath),
            _context.Dimensions);
        _thread = new NativeThread(
            typeof(LlamaEmbeddingGenerator),
            () =>
            {
                _context.Dispose();
                engine.Dispose();
            });
    }

    /// <summary>Creates a generator of options that are validated already.</summary>
    internal LlamaEmbeddingGenerator(LlamaEmbeddingGeneratorOptions options, ILogger? logger, CancellationToken cancellationToken)
        : this(Load(options, logger, cancellationToken), options)
    {
    }

    /// <summary>Loads the model and creates the client, on another thread.</summary>
    /// <param name="options">The model, and how to run it. Not to be changed afterwards.</param>
    /// <param name="logger">Receives llama.cpp's own log; null for none.</param>
    /// <param name="cancellationToken">Stops the loading.</param>
    /// <inheritdoc cref="LlamaEmbeddingGenerator(LlamaEmbeddingGeneratorOptions, ILogger{LlamaEmbeddingGenerator})" path="/exception"/>
    /// <exception cref="OperationCanceledException">The loading was cancelled.</exception>
    public static Task<LlamaEmbeddingGenerator> LoadAsync(
        LlamaEmbeddingGeneratorOptions options, ILogger<LlamaEmbeddingGenerator>? logger = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Task.Run(() => new LlamaEmbeddingGenerator(Valid(options), logger, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A text is null, holds a NUL character, or has no token.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="EmbeddingGenerationOptions.Dimensions"/> is not the model's number.</exception>
    /// <exception cref="PromptTooLongException">A text is longer than <see cref="LlamaEmbeddingGeneratorOptions.ContextSize"/>, or than the model was trained to read.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The generator is disposed.</exception>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        if (options?.Dimensions is int dimensions && dimensions != _context.Dimensions)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), dimensions, $"{nameof(EmbeddingGenerationOptions)}.{nameof(EmbeddingGenerationOptions.Dimensions)} must be {_context.Dimensions}, as the model has it, or null.");
        }

        return GenerateAsync([.. values.Select(Check)], cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Knows <see cref="EmbeddingGeneratorMetadata"/>, <see cref="LlamaEmbeddingGeneratorOptions"/> and the generator itself.</remarks>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType == typeof(LlamaEmbeddingGeneratorOptions) ? _options
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Cancels running calls and unloads the model. May be called more than once.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _thread.Dispose();
        }
    }

    private static LlamaEmbeddingGeneratorOptions Valid(LlamaEmbeddingGeneratorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        LlamaEmbeddingGeneratorOptionsValidator.ThrowIfInvalid(options);
        return options;
    }

    private static LlamaSharpEngine Load(LlamaEmbeddingGeneratorOptions options, ILogger? logger, CancellationToken cancellationToken)
    {
        var settings = new LlamaEngineSettings(options.ModelPath)
        {
            GpuLayerCount = options.GpuLayerCount,
            NativeLibraryPath = options.NativeLibraryPath,
            BackendPaths = [.. options.BackendPaths],
        };
        try
        {
            return LlamaSharpEngine.Load(settings, logger ?? NullLogger.Instance, null, cancellationToken);
        }
        catch (LlamaException e)
        {
            EmbeddingAdvice.AddTo(e);
            throw;
        }
    }

    private static ILlamaEmbeddingContext CreateContext(ILlamaEngine engine, LlamaEmbeddingGeneratorOptions options)
    {
        int batchSize = options.BatchSize ?? options.ContextSize;
        try
        {
            return engine.CreateEmbeddingContext(new LlamaEmbeddingSettings
            {
                BatchSize = batchSize,
                Sequences = Math.Min(batchSize, LlamaEmbeddingSettings.MaxSequences),
                Threads = options.Threads ?? LlamaContextSettings.DefaultThreads,
                Pooling = options.Pooling,
            });
        }
        catch (Exception e)
        {
            engine.Dispose();
            if (e is LlamaException llama)
            {
                EmbeddingAdvice.AddTo(llama);
            }

            throw;
        }
    }

    private static string Check(string value, int index) => value is null
        ? throw new ArgumentException($"Text {index} is null. Leave it out.", nameof(value))
        : NativeText.WithoutNul(value, nameof(value));

    private async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(string[] texts, CancellationToken cancellationToken)
    {
        var embeddings = new GeneratedEmbeddings<Embedding<float>>(texts.Length) { Usage = new UsageDetails { InputTokenCount = 0, TotalTokenCount = 0 } };
        if (texts.Length > 0)
        {
            await _thread.RunAsync(token => Embed(texts, embeddings, token), cancellationToken).ConfigureAwait(false);
        }

        return embeddings;
    }

    // Runs on the native thread. Nothing is computed before it is clear that everything can be.
    private void Embed(string[] texts, GeneratedEmbeddings<Embedding<float>> embeddings, CancellationToken cancellationToken)
    {
        int[][] tokens = [.. texts.Select(Tokenize)];
        foreach (Range batch in Batches(tokens))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (float[] vector in Vectors(tokens.AsSpan(batch)))
            {
                embeddings.Add(new Embedding<float>(_options.Normalize ? Normalized(vector) : vector) { CreatedAt = DateTimeOffset.UtcNow, ModelId = _metadata.DefaultModelId });
            }
        }

        long count = tokens.Sum(text => (long)text.Length);
        (embeddings.Usage!.InputTokenCount, embeddings.Usage.TotalTokenCount) = (count, count);
    }

    private float[][] Vectors(ReadOnlySpan<int[]> texts)
    {
        try
        {
            return _context.Embed(texts);
        }
        catch (LlamaException e)
        {
            EmbeddingAdvice.AddTo(e);
            throw;
        }
    }

    private int[] Tokenize(string text, int index)
    {
        int[] tokens = _context.Tokenize(text);
        return tokens.Length == 0 ? throw new ArgumentException($"Text {index} has no token. Leave it out.", nameof(text))
            : tokens.Length > _longestText ? throw TooLong(index, tokens.Length)
            : tokens;
    }

    private PromptTooLongException TooLong(int index, int tokens)
    {
        PromptTooLongException e = PromptTooLongException.ForText(index, tokens, _longestText);
        e.Advice = $"Split it, or raise {nameof(LlamaEmbeddingGeneratorOptions)}.{nameof(LlamaEmbeddingGeneratorOptions.ContextSize)} as far as the model was trained.";
        return e;
    }

    private IEnumerable<Range> Batches(int[][] texts)
    {
        int start = 0;
        int tokens = 0;
        for (int i = 0; i < texts.Length; i++)
        {
            if (i - start == _context.Settings.Sequences || tokens + texts[i].Length > _context.Settings.BatchSize)
            {
                yield return start..i;
                (start, tokens) = (i, 0);
            }

            tokens += texts[i].Length;
        }

        yield return start..;
    }

    private static float[] Normalized(float[] vector)
    {
        float norm = TensorPrimitives.Norm<float>(vector);
        if (norm > 0)
        {
            TensorPrimitives.Divide(vector, norm, vector);
        }

        return vector;
    }
}
