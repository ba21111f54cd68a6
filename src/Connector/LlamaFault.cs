namespace CurKv.Connector;

/// <summary>What went wrong, for the client: it knows which of its settings decides that, and adds it to the message.</summary>
internal enum LlamaFault
{
    /// <summary>No setting of the client decides it.</summary>
    None,

    /// <summary>A prompt does not fit, and nothing is compressed.</summary>
    PromptTooLong,

    /// <summary>A prompt does not fit, and neither does what compression is to keep of it.</summary>
    KeptTooLong,

    /// <summary>The context does not hold a sliding window and a batch.</summary>
    WindowTooLarge,

    /// <summary>The model's cache cannot be compressed at all.</summary>
    CacheNotCompressible,

    /// <summary>The policy needs queries that cannot be observed.</summary>
    QueriesNotObserved,

    /// <summary>The policy does not work on this cache.</summary>
    PolicyUnsuited,

    /// <summary>The policy compares single elements of keys and values, which the cache stores rotated.</summary>
    ElementsRotated,

    /// <summary>The policy multiplies values with weights, and the cache may store them rotated.</summary>
    ValuesRotated,

    /// <summary>The policy repeats what it compresses, and a part of the document is evicted already.</summary>
    DocumentEvicted,

    /// <summary>The chat template is missing, or cannot be rendered.</summary>
    TemplateUnusable,

    /// <summary>No llama.cpp library could be loaded.</summary>
    LibraryNotLoaded,

    /// <summary>The llama.cpp library is another build than the one that the binding was made for.</summary>
    OtherBuild,

    /// <summary>The process runs another llama.cpp library already.</summary>
    OtherLibraryLoaded,

    /// <summary>The llama.cpp library has no backend to compute on.</summary>
    NoBackend,

    /// <summary>A ggml backend library could not be loaded.</summary>
    BackendNotLoaded,

    /// <summary>A CUDA library has no kernels that the GPU and its driver can run.</summary>
    CudaUnusable,

    /// <summary>The model file is not there, is no model, or is one that llama.cpp does not know.</summary>
    ModelUnusable,

    /// <summary>The KV cache is larger than the memory.</summary>
    CacheTooLarge,

    /// <summary>llama.cpp did not create a context of these sizes and types.</summary>
    ContextRefused,

    /// <summary>The batch is larger than the memory, or than llama.cpp takes.</summary>
    BatchTooLarge,

    /// <summary>The model gives no vectors for texts.</summary>
    NoVectors,
}
