namespace CurKv.Connector.Chat;

/// <summary>The model and native library of a client. Returned by <see cref="LlamaChatClient.GetService"/>.</summary>
/// <param name="Binding"><c>LLamaSharp</c>.</param>
/// <param name="LlamaCppBuild">llama.cpp's commit.</param>
/// <param name="NativeLibraryPath">The path of the libllama in use.</param>
/// <param name="ModelPath">The GGUF file.</param>
/// <param name="ModelDescription">llama.cpp's description of the model.</param>
/// <param name="CompressionUnsupportedReason">Why this model's cache cannot be compressed; null if it can.</param>
public sealed record LlamaRuntimeInfo(
    string Binding, string LlamaCppBuild, string NativeLibraryPath, string ModelPath, string ModelDescription, string? CompressionUnsupportedReason);
