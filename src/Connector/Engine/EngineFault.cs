namespace CurKv.Connector.Engine;

/// <summary>What went wrong in the engine, for the layer above: it knows which setting decides that, and tells the caller.</summary>
internal enum EngineFault
{
    /// <summary>No setting of the client decides it.</summary>
    None,

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
