using System.Runtime.CompilerServices;
using CurKv.Connector.KvCache;

namespace CurKv.Connector.Chat;

/// <summary>Adds to what lower layers report which of the client's settings decides it, and the fix.</summary>
internal static class ChatAdvice
{
    private const string Options = nameof(LlamaChatClientOptions);
    private const string Library = $"{Options}.{nameof(LlamaChatClientOptions.NativeLibraryPath)}";
    private const string Model = $"{Options}.{nameof(LlamaChatClientOptions.ModelPath)}";
    private const string Backends = $"{Options}.{nameof(LlamaChatClientOptions.BackendPaths)}";
    private const string Cells = $"{Options}.{nameof(LlamaChatClientOptions.ContextSize)}";
    private const string Compression = $"{Options}.{nameof(LlamaChatClientOptions.Compression)}";
    private const string Policy = $"{Compression}.{nameof(KvCompressionOptions.Policy)}";

    /// <summary>Completes an exception's message.</summary>
    public static void AddTo(LlamaException e) => e.Advice ??= Of(e);

    /// <summary>Passes items on, and completes the message of what ends them.</summary>
    public static async IAsyncEnumerable<T> Advised<T>(IAsyncEnumerable<T> items, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        IAsyncEnumerator<T> each = items.GetAsyncEnumerator(cancellationToken);
        await using (each.ConfigureAwait(false))
        {
            while (await Advised(each.MoveNextAsync().AsTask()).ConfigureAwait(false))
            {
                yield return each.Current;
            }
        }
    }

    /// <summary>Waits for a result, and completes the message of what fails.</summary>
    public static async Task<T> Advised<T>(Task<T> result)
    {
        try
        {
            return await result.ConfigureAwait(false);
        }
        catch (LlamaException e)
        {
            AddTo(e);
            throw;
        }
    }

    /// <summary>The setting that caused an exception, and the fix; null if there is none.</summary>
    public static string? Of(LlamaException e) => e is PromptTooLongException { Fault: LlamaFault.WindowTooLarge, NeededCells: int cells }
        ? $"Raise {Cells} to {cells}, or lower {nameof(LlamaChatClientOptions.BatchSize)}."
        : Of(e.Fault);

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
            $"Or do without CUDA: leave the library out of {Backends} and {Library}, and set {nameof(LlamaChatClientOptions.GpuLayerCount)} to 0.",
        LlamaFault.ModelUnusable => $"Set {Model} to a whole GGUF file of an architecture that this llama.cpp knows.",
        LlamaFault.CacheTooLarge => $"Lower {Cells}.",
        LlamaFault.ContextRefused =>
            $"Lower {Cells}, or change {nameof(LlamaChatClientOptions.KeyCacheType)}, {nameof(LlamaChatClientOptions.ValueCacheType)} or {nameof(LlamaChatClientOptions.FlashAttention)}.",
        LlamaFault.PromptTooLong =>
            $"Raise {Cells}, set {Policy} (for questions about a document, through ChatOptions.RawRepresentationFactory), or send less.",
        LlamaFault.WindowTooLarge => $"Raise {Cells}, or lower {nameof(LlamaChatClientOptions.BatchSize)}.",
        LlamaFault.KeptTooLong =>
            $"Raise {Cells}, evict more ({Compression}.{nameof(KvCompressionOptions.Ratio)} or {nameof(KvCompressionOptions.Cells)}), or send less.",
        LlamaFault.CacheNotCompressible => $"Set {Policy} to \"{KvCompressionOptions.NoPolicy}\".",
        LlamaFault.QueriesNotObserved => $"Set {Policy} to a policy without queries, such as \"{KvCompressionDefaults.QueryFreePolicy}\".",
        LlamaFault.PolicyUnsuited => $"Set {Policy} to another policy.",
        LlamaFault.ElementsRotated =>
            $"Set {Options}.{nameof(LlamaChatClientOptions.KeyCacheType)} and {nameof(LlamaChatClientOptions.ValueCacheType)} to F16, or {Policy} to another policy.",
        LlamaFault.ValuesRotated => $"Set {Options}.{nameof(LlamaChatClientOptions.ValueCacheType)} to F16, or {Policy} to another policy.",
        LlamaFault.DocumentEvicted =>
            $"Set {Policy} to another policy for questions about this document, or do not compress it when it is read.",
        LlamaFault.TemplateUnusable =>
            $"Set {Options}.{nameof(LlamaChatClientOptions.ChatTemplate)} to a Jinja template, or to the name of one of llama.cpp's, such as \"chatml\" or \"llama3\".",
        _ => null,
    };
}
