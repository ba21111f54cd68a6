namespace CurKv.Connector.Engine;

/// <summary>The llama.cpp in use, and what binds it.</summary>
/// <param name="Name"><c>LLamaSharp</c>.</param>
/// <param name="LlamaCppBuild">llama.cpp's commit (<c>815a2a591</c>).</param>
/// <param name="LibraryPath">The libllama in use.</param>
internal sealed record LlamaBinding(string Name, string LlamaCppBuild, string LibraryPath);
