namespace CurKv.Connector.Engine;

/// <summary>Which road leads to llama.cpp.</summary>
/// <param name="Name"><c>LLamaSharp</c> or <c>stand-in</c>.</param>
/// <param name="LlamaCppBuild">llama.cpp's build (<c>b9842</c>) or commit (<c>c0c7e147e</c>).</param>
/// <param name="LibraryPath">The libllama in use.</param>
internal sealed record LlamaBinding(string Name, string LlamaCppBuild, string LibraryPath);
