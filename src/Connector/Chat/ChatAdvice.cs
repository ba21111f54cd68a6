using System.Runtime.CompilerServices;
using CurKv.Connector.Engine;

namespace CurKv.Connector.Chat;

/// <summary>Adds to what the engine reports which of the client's settings decides it, and the fix.</summary>
internal static class ChatAdvice
{
    private const string Options = nameof(LlamaChatClientOptions);
    private const string Library = $"{Options}.{nameof(LlamaChatClientOptions.NativeLibraryPath)}";
    private const string Model = $"{Options}.{nameof(LlamaChatClientOptions.ModelPath)}";
    private const string Backends = $"{Options}.{nameof(LlamaChatClientOptions.BackendPaths)}";
    private const string Cells = $"{Options}.{nameof(LlamaChatClientOptions.ContextSize)}";

    /// <summary>Completes an exception's message.</summary>
    public static void AddTo(LlamaException e) => e.Advice ??= Of(e.Fault);

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

    /// <summary>Waits for a result, and completes the message of what ends the wait.</summary>
    public static async Task<T> Advised<T>(Task<T> task)
    {
        try
        {
            return await task.ConfigureAwait(false);
        }
        catch (LlamaException e)
        {
            AddTo(e);
            throw;
        }
    }

    /// <summary>The setting that decides a fault, and the fix; null where none does.</summary>
    public static string? Of(EngineFault fault) => fault switch
    {
        EngineFault.LibraryNotLoaded =>
            $"Install LLamaSharp.Backend.Cpu or LLamaSharp.Backend.Cuda12 beside the application, or set {Library} to a libllama of the build that the binding was made for, and start the process again.",
        EngineFault.OtherBuild => $"Or leave {Library} unset to use the natives of the LLamaSharp backend package.",
        EngineFault.OtherLibraryLoaded => $"Set {Library} to the same path everywhere, or leave it unset.",
        EngineFault.NoBackend => $"Or list them in {Backends}, or leave {Library} unset.",
        EngineFault.BackendNotLoaded => $"Correct {Backends}.",
        EngineFault.CudaUnusable =>
            $"Or do without CUDA: leave the library out of {Backends} and {Library}, and set {nameof(LlamaChatClientOptions.GpuLayerCount)} to 0.",
        EngineFault.ModelUnusable => $"Set {Model} to a whole GGUF file of an architecture that this llama.cpp knows.",
        EngineFault.CacheTooLarge => $"Lower {Cells}.",
        EngineFault.ContextRefused =>
            $"Lower {Cells}, or change {nameof(LlamaChatClientOptions.KeyCacheType)}, {nameof(LlamaChatClientOptions.ValueCacheType)} or {nameof(LlamaChatClientOptions.FlashAttention)}.",
        _ => null,
    };
}
