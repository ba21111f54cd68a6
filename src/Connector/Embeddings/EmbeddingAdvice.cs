namespace CurKv.Connector.Embeddings;

/// <summary>Adds to what the engine reports which of the generator's settings decides it, and the fix.</summary>
internal static class EmbeddingAdvice
{
    private const string Options = nameof(LlamaEmbeddingGeneratorOptions);
    private const string Library = $"{Options}.{nameof(LlamaEmbeddingGeneratorOptions.NativeLibraryPath)}";
    private const string Model = $"{Options}.{nameof(LlamaEmbeddingGeneratorOptions.ModelPath)}";
    private const string Backends = $"{Options}.{nameof(LlamaEmbeddingGeneratorOptions.BackendPaths)}";
    private const string Batch = $"{Options}.{nameof(LlamaEmbeddingGeneratorOptions.BatchSize)}";

    /// <summary>Completes an exception's message.</summary>
    public static void AddTo(LlamaException e) => e.Advice ??= Of(e.Fault);

    /// <summary>The setting that caused a fault, and the fix; null if there is none.</summary>
    public static string? Of(LlamaFault fault) => fault switch
    {
        LlamaFault.LibraryNotLoaded =>
            $"Install LLamaSharp.Backend.Cpu or LLamaSharp.Backend.Cuda12 beside the application, or set {Library} to a libllama of the build that the binding was made for, and start the process again.",
        LlamaFault.OtherBuild => $"Or leave {Library} unset to use the natives of the LLamaSharp backend package.",
        LlamaFault.OtherLibraryLoaded => $"Set {Library} to the same path everywhere, or leave it unset.",
        LlamaFault.NoBackend => $"Or list them in {Backends}, or leave {Library} unset.",
        LlamaFault.BackendNotLoaded => $"Correct {Backends}.",
        LlamaFault.CudaUnusable =>
            $"Or do without CUDA: leave the library out of {Backends} and {Library}, and set {nameof(LlamaEmbeddingGeneratorOptions.GpuLayerCount)} to 0.",
        LlamaFault.ModelUnusable => $"Set {Model} to a whole GGUF file of an architecture that this llama.cpp knows.",
        LlamaFault.BatchTooLarge => $"Lower {Batch}, or {nameof(LlamaEmbeddingGeneratorOptions.ContextSize)} where it is null.",
        LlamaFault.NoVectors => $"Set {Model} to a model that embeds texts.",
        _ => null,
    };
}
