using CurKv.Connector.KvCache;

namespace CurKv.Connector.Chat;

/// <summary>Adds to what lower layers report which of the client's settings decides it, and the fix.</summary>
internal static class ChatAdvice
{
    private const string Options = nameof(LlamaChatClientOptions);
    private const string Cells = $"{Options}.{nameof(LlamaChatClientOptions.ContextSize)}";
    private const string Compression = nameof(LlamaChatClientOptions.Compression);
    private const string Policy = $"{Compression}.{nameof(KvCompressionOptions.Policy)}";

    /// <summary>Completes an exception's message.</summary>
    public static void AddTo(LlamaException e) => e.Advice ??= Of(e);

    /// <summary>Passes items on, and completes the message of what ends them.</summary>
    public static async IAsyncEnumerable<T> Advised<T>(IAsyncEnumerable<T> items)
    {
        IAsyncEnumerator<T> each = items.GetAsyncEnumerator();
        await using (each.ConfigureAwait(false))
        {
            while (await Advised(each.MoveNextAsync()).ConfigureAwait(false))
            {
                yield return each.Current;
            }
        }
    }

    /// <summary>Waits for a result, and completes the message of what fails.</summary>
    public static async ValueTask<T> Advised<T>(ValueTask<T> result)
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

    /// <summary>The setting that decides what happened, and the fix; null where none does.</summary>
    public static string? Of(LlamaException e) => e.Fault switch
    {
        LlamaFault.PromptTooLong =>
            $"Raise {Cells}, set {Policy} (for questions about a document by ChatOptions.RawRepresentationFactory), or send less.",
        LlamaFault.KeptTooLong =>
            $"Raise {Cells}, evict more ({Compression}.{nameof(KvCompressionOptions.Ratio)} or {nameof(KvCompressionOptions.Cells)}), or send less.",
        LlamaFault.WindowTooLarge =>
            $"Raise {Cells} to {((PromptTooLongException)e).NeededCells}, or lower {nameof(LlamaChatClientOptions.BatchSize)}.",
        LlamaFault.CacheNotCompressible => $"Set {Policy} to \"{KvCompressionOptions.NoPolicy}\".",
        LlamaFault.QueriesNotObserved => $"Set {Policy} to a policy without queries, such as \"{KvCompressionDefaults.QueryFreePolicy}\".",
        LlamaFault.PolicyUnsuited => $"Set {Policy} to another policy.",
        LlamaFault.ElementsRotated =>
            $"Set {nameof(LlamaChatClientOptions.KeyCacheType)} and {nameof(LlamaChatClientOptions.ValueCacheType)} to F16, or {Policy} to another policy.",
        LlamaFault.ValuesRotated => $"Set {nameof(LlamaChatClientOptions.ValueCacheType)} to F16, or {Policy} to another policy.",
        LlamaFault.DocumentEvicted =>
            $"Set {Policy} to another policy for questions about this document, or keep all of it when it is read.",
        LlamaFault.TemplateUnusable =>
            $"Set {Options}.{nameof(LlamaChatClientOptions.ChatTemplate)} to a Jinja template, or to the name of one of llama.cpp's, such as \"chatml\" or \"llama3\".",
        _ => null,
    };
}
