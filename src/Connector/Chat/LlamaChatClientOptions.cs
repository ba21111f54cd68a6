using System.Diagnostics.CodeAnalysis;
using CurKv.Connector.KvCache;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.Chat;

/// <summary>The model that a <see cref="LlamaChatClient"/> runs, and how.</summary>
public sealed class LlamaChatClientOptions
{
    /// <summary>The default of <see cref="ContextSize"/>, in cells.</summary>
    public const int DefaultContextSize = 8192;

    /// <summary>The default of <see cref="BatchSize"/>, in tokens.</summary>
    public const int DefaultBatchSize = 512;

    /// <summary>The <see cref="GpuLayerCount"/> that runs every layer on a GPU.</summary>
    public const int AllGpuLayers = -1;

    /// <summary>The GGUF file to run. Required.</summary>
    public string ModelPath { get; set; } = string.Empty;

    /// <summary>The name under which responses and telemetry show the model.</summary>
    /// <value>Null by default: the file's name without its ending.</value>
    public string? ModelId { get; set; }

    /// <summary>Cells of the KV cache for one conversation: the longest prompt plus answer, in tokens, where none is evicted. A longer prompt is compressed while it is read, if what is to be kept of it fits.</summary>
    /// <value><see cref="DefaultContextSize"/> by default.</value>
    public int ContextSize { get; set; } = DefaultContextSize;

    /// <summary>Tokens read in one native call. Cancellation and progress are looked at between such chunks.</summary>
    /// <value><see cref="DefaultBatchSize"/> by default.</value>
    public int BatchSize { get; set; } = DefaultBatchSize;

    /// <summary>Threads that compute: at least 1, and at most the processors that this process may use (<see cref="Environment.ProcessorCount"/>).</summary>
    /// <value>Null by default: half of the processors, but four of them where there are as many.</value>
    public int? Threads { get; set; }

    /// <summary>Layers to run on a GPU, if the native library has one.</summary>
    /// <value><see cref="AllGpuLayers"/> by default.</value>
    public int GpuLayerCount { get; set; } = AllGpuLayers;

    /// <summary>
    /// Whether the cache may be compressed on the GPU that holds it, by a hook that is taken out of llama.cpp's context again.
    /// </summary>
    /// <value>False by default: the cache is copied to the host and back, which any GPU can do.</value>
    /// <remarks>
    /// The cache's tensors are found by llama.cpp's eval callback, which makes prefill on a GPU 7 to 23 % slower while it is set.
    /// llama.cpp has no call to unset it: it is overwritten in the context's memory, an opaque struct, after the context's self-test, and
    /// set again only while queries are observed. That is done where the callback stands there exactly once, and only if counting its calls
    /// shows that they stop and come back; otherwise it stays set and a warning says so. Without effect where nothing runs on a GPU.
    /// </remarks>
    [Experimental(ExperimentalIds.DetachHook)]
    public bool DetachHook { get; set; }

    /// <summary>Whether attention is fused.</summary>
    /// <value><see cref="FlashAttentionMode.Auto"/> by default.</value>
    public FlashAttentionMode FlashAttention { get; set; }

    /// <summary>How keys are cached.</summary>
    /// <value><see cref="KvElementType.F16"/> by default.</value>
    public KvElementType KeyCacheType { get; set; } = KvElementType.F16;

    /// <summary>How values are cached. A quantised type needs FlashAttention.</summary>
    /// <value><see cref="KvElementType.F16"/> by default.</value>
    public KvElementType ValueCacheType { get; set; } = KvElementType.F16;

    /// <summary>A chat template: Jinja, as models bring it, or the name of one on llama.cpp's list (<c>chatml</c>, <c>llama3</c>, …), which knows no tools.</summary>
    /// <value>Null by default: the model's own.</value>
    public string? ChatTemplate { get; set; }

    /// <summary>The libllama to load, with its siblings beside it. One process can use one build.</summary>
    /// <value>Null by default: the one that the LLamaSharp backend package brings.</value>
    public string? NativeLibraryPath { get; set; }

    /// <summary>
    /// Files of further ggml backends to load before the model, such as <c>libggml-vulkan.so</c> or <c>libggml-cuda.so</c>: with them
    /// LLamaSharp.Backend.Cpu computes on a GPU. Of a build whose ggml fits llama.cpp's of LLamaSharp. A backend belongs to the process, is
    /// loaded once, and stays: also for clients that do not list it.
    /// </summary>
    /// <value>Empty by default.</value>
    public IList<string> BackendPaths { get; set; } = [];

    /// <summary>Whether a message's images, audio and other content that no model here can be given are left out.</summary>
    /// <value>False by default: a call with such content throws <see cref="NotSupportedException"/>, so that nothing is lost in silence.</value>
    /// <remarks>Text, reasoning, calls and results are read, and text documents (<see cref="Microsoft.Extensions.AI.DataContent"/> of type <c>text/…</c> or <c>application/json</c>).</remarks>
    public bool SkipUnsupportedContent { get; set; }

    /// <summary>How the cache is compressed once a prompt is read.</summary>
    public KvCompressionOptions Compression { get; set; } = new();
}
