namespace CurKv.Connector.Embeddings;

/// <summary>The model that a <see cref="LlamaEmbeddingGenerator"/> runs, and how.</summary>
public sealed class LlamaEmbeddingGeneratorOptions
{
    /// <summary>The default of <see cref="ContextSize"/>, in tokens.</summary>
    public const int DefaultContextSize = 2048;

    /// <summary>The <see cref="GpuLayerCount"/> that runs every layer on a GPU.</summary>
    public const int AllGpuLayers = -1;

    /// <summary>The GGUF file to run. Required.</summary>
    public string ModelPath { get; set; } = string.Empty;

    /// <summary>The name under which embeddings and telemetry show the model.</summary>
    /// <value>Null by default: the file's name without its ending.</value>
    public string? ModelId { get; set; }

    /// <summary>The longest text, in tokens. A longer one is refused, and so is one beyond what the model was trained to read.</summary>
    /// <value><see cref="DefaultContextSize"/> by default.</value>
    public int ContextSize { get; set; } = DefaultContextSize;

    /// <summary>
    /// Tokens computed in one native call, at least <see cref="ContextSize"/>: several texts share a call. Cancellation is looked at between
    /// calls. Of a chat model, llama.cpp keeps the logits of all of them: 4 bytes for each and for every token of the vocabulary.
    /// </summary>
    /// <value>Null by default: as many as <see cref="ContextSize"/>.</value>
    public int? BatchSize { get; set; }

    /// <summary>The number of threads: at least 1, at most the processors that this process may use (<see cref="Environment.ProcessorCount"/>).</summary>
    /// <value>Null by default: half of the processors, but at least four if there are as many.</value>
    public int? Threads { get; set; }

    /// <summary>Layers to run on a GPU, if the native library has one.</summary>
    /// <value><see cref="AllGpuLayers"/> by default.</value>
    public int GpuLayerCount { get; set; } = AllGpuLayers;

    /// <summary>How the vectors of a text's tokens become the text's.</summary>
    /// <value><see cref="LlamaPooling.ModelDefault"/> by default.</value>
    public LlamaPooling Pooling { get; set; }

    /// <summary>Whether vectors are scaled to the length 1, so that their products are cosines.</summary>
    /// <value>True by default.</value>
    public bool Normalize { get; set; } = true;

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
}
