using CurKv.Connector.Engine.Loading;
using Microsoft.Extensions.Options;

namespace CurKv.Connector.Embeddings;

/// <summary>Validates options. Each message names the invalid setting and the fix. Some invalid settings would make llama.cpp end the process.</summary>
internal sealed class LlamaEmbeddingGeneratorOptionsValidator : IValidateOptions<LlamaEmbeddingGeneratorOptions>
{
    /// <summary>Validates options that do not come from a container.</summary>
    /// <exception cref="OptionsValidationException">A setting is invalid.</exception>
    public static void ThrowIfInvalid(LlamaEmbeddingGeneratorOptions options)
    {
        List<string> failures = [.. Failures(options)];
        if (failures.Count > 0)
        {
            throw new OptionsValidationException(nameof(LlamaEmbeddingGeneratorOptions), typeof(LlamaEmbeddingGeneratorOptions), failures);
        }
    }

    public ValidateOptionsResult Validate(string? name, LlamaEmbeddingGeneratorOptions options)
    {
        List<string> failures = [.. Failures(options)];
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> Failures(LlamaEmbeddingGeneratorOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.ModelPath))
        {
            yield return $"{nameof(options.ModelPath)} is empty. Set it to a GGUF file.";
        }

        if (options.ContextSize < 1)
        {
            yield return $"{nameof(options.ContextSize)} is {options.ContextSize}. Set it to at least 1 token; 512 and more is usual.";
        }

        if (options.BatchSize < options.ContextSize)
        {
            yield return $"{nameof(options.BatchSize)} is {options.BatchSize}, below {nameof(options.ContextSize)} {options.ContextSize}: a text is computed at once. Raise it, lower {nameof(options.ContextSize)}, or leave it null.";
        }

        if (options.Threads < 1)
        {
            yield return $"{nameof(options.Threads)} is {options.Threads}. Set it to at least 1, or leave it null.";
        }

        if (options.GpuLayerCount < -1)
        {
            yield return $"{nameof(options.GpuLayerCount)} is {options.GpuLayerCount}. Set it to −1 for all layers, or to 0 and more.";
        }

        foreach (string problem in BackendPlugins.Problems(options.BackendPaths))
        {
            yield return $"{nameof(options.BackendPaths)} {problem}";
        }

        if (!Enum.IsDefined(options.Pooling))
        {
            yield return $"{nameof(options.Pooling)} is {options.Pooling}. Set it to {string.Join(", ", Enum.GetNames<LlamaPooling>())}.";
        }
    }
}
