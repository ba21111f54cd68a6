namespace CurKv.Connector.Chat;

/// <summary>What a client runs on. To be had from <see cref="LlamaChatClient.GetService"/>.</summary>
/// <param name="Binding"><c>LLamaSharp</c>.</param>
/// <param name="LlamaCppBuild">llama.cpp's commit.</param>
/// <param name="NativeLibraryPath">The libllama in use.</param>
/// <param name="ModelPath">The GGUF file.</param>
/// <param name="ModelDescription">llama.cpp's description of the model.</param>
/// <param name="CompressionRefusal">Why this model's cache cannot be compressed; null where it can.</param>
public sealed record LlamaRuntimeInfo(
    string Binding, string LlamaCppBuild, string NativeLibraryPath, string ModelPath, string ModelDescription, string? CompressionRefusal);
