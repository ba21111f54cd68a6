namespace LLama.Native;

/// <summary>Called while a model loads; false stops the loading.</summary>
internal delegate bool LlamaProgressCallback(float progress, nint context);
