using System.Diagnostics.CodeAnalysis;
using CurKv.Connector.KvCache;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.Chat;

/// <summary>The model and the settings of a <see cref="LlamaChatClient"/>.</summary>
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

    /// <summary>The model's name in responses and telemetry.</summary>
    /// <value>Null by default: the file name without its extension.</value>
    public string? ModelId { get; set; }

    /// <summary>
    /// The number of cells in the KV cache of one conversation: the maximum length of prompt and answer in tokens if none is evicted. A
    /// longer prompt is compressed during prefill, if its kept cells fit.
    /// </summary>
    /// <value><see cref="DefaultContextSize"/> by default.</value>
    public int ContextSize { get; set; } = DefaultContextSize;

    /// <summary>The number of tokens in one native call. Between such chunks, cancellation is checked and progress is reported.</summary>
    /// <value><see cref="DefaultBatchSize"/> by default.</value>
    public int BatchSize { get; set; } = DefaultBatchSize;

    /// <summary>The number of threads: at least 1, at most the processors that this process may use (<see cref="Environment.ProcessorCount"/>).</summary>
    /// <value>Null by default: half of the processors, but at least four if there are as many.</value>
    public int? Threads { get; set; }

    /// <summary>Layers to run on a GPU, if the native library has one.</summary>
    /// <value><see cref="AllGpuLayers"/> by default.</value>
    public int GpuLayerCount { get; set; } = AllGpuLayers;

    /// <summary>
    /// Whether the cache may be compressed on the GPU that holds it, using an eval hook that is then detached from llama.cpp's context.
    /// </summary>
    /// <value>False by default: the cache is copied to the host and back, which works on every GPU.</value>
    /// <remarks>
    /// The cache's tensors are found with llama.cpp's eval callback, which makes prefill on a GPU 7 to 23 % slower while it is set.
    /// llama.cpp has no call to unset it. Therefore it is overwritten in the context's memory, an opaque struct, after the context's
    /// self-test, and set again only while queries are observed. This is only done if the callback is found exactly once, and if its call
    /// count shows that the calls stop and resume. Otherwise it stays set, and a warning is logged. Has no effect without a GPU.
    /// </remarks>
    [Experimental(ExperimentalIds.DetachHook)]
    public bool DetachHook { get; set; }

    /// <summary>Whether FlashAttention is used.</summary>
    /// <value><see cref="FlashAttentionMode.Auto"/> by default.</value>
    public FlashAttentionMode FlashAttention { get; set; }

    /// <summary>The element type of cached keys.</summary>
    /// <value><see cref="KvElementType.F16"/> by default.</value>
    public KvElementType KeyCacheType { get; set; } = KvElementType.F16;

    /// <summary>The element type of cached values. A quantised type needs FlashAttention.</summary>
    /// <value><see cref="KvElementType.F16"/> by default.</value>
    public KvElementType ValueCacheType { get; set; } = KvElementType.F16;

    /// <summary>A Jinja chat template, or the name of a built-in template of llama.cpp (<c>chatml</c>, <c>llama3</c>, …), which does not support tools.</summary>
    /// <value>Null by default: the model's own.</value>
    public string? ChatTemplate { get; set; }

    /// <summary>The path of the libllama to load; its companion libraries must be in the same folder. A process can use only one build.</summary>
    /// <value>Null by default: the library of the LLamaSharp backend package.</value>
    public string? NativeLibraryPath { get; set; }

    /// <summary>
    /// Files of further ggml backends to load before the model, such as <c>libggml-vulkan.so</c> or <c>libggml-cuda.so</c>: with them
    /// LLamaSharp.Backend.Cpu computes on a GPU. Of a build whose ggml fits llama.cpp's of LLamaSharp. A backend belongs to the process, is
    /// loaded once, and stays: also for clients that do not list it.
    /// </summary>
    /// <value>Empty by default.</value>
    public IList<string> BackendPaths { get; set; } = [];

    /// <summary>Whether images, audio and other unsupported content in messages is skipped.</summary>
    /// <value>False by default: a call with such content throws <see cref="NotSupportedException"/>, so that nothing is lost silently.</value>
    /// <remarks>Supported are text, reasoning, calls and results, and text documents (<see cref="Microsoft.Extensions.AI.DataContent"/> of type <c>text/…</c> or <c>application/json</c>).</remarks>
    public bool SkipUnsupportedContent { get; set; }

    /// <summary>How the cache is compressed after prefill.</summary>
    public KvCompressionOptions Compression { get; set; } = new();
}
