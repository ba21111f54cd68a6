namespace CurKv.Connector.Engine;

/// <summary>The model that an engine runs, and the libraries that run it.</summary>
/// <param name="ModelPath">A GGUF file.</param>
internal sealed record LlamaEngineSettings(string ModelPath)
{
    /// <summary>Layers to put on a GPU; −1 is all of them.</summary>
    public int GpuLayerCount { get; init; }

    /// <summary>The libllama to load; null for the binding's own.</summary>
    public string? NativeLibraryPath { get; init; }

    /// <summary>Further ggml backends to load before the model.</summary>
    public IReadOnlyList<string> BackendPaths { get; init; } = [];
}
