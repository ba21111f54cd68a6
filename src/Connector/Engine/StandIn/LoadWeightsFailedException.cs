namespace LLama.Exceptions;

internal sealed class LoadWeightsFailedException(string modelPath) : Exception($"Failed to load model '{modelPath}'");
