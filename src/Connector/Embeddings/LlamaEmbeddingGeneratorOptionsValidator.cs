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
        // The options of a keyed generator have its key's text for their name.
        string generator = string.IsNullOrEmpty(name) ? string.Empty : $"{nameof(LlamaEmbeddingGenerator)} '{name}': ";
        List<string> failures = [.. Failures(options).Select(failure => generator + failure)];
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> Failures(LlamaEmbeddingGeneratorOptions options)
    {
        if (FileSettings.ModelFailure(nameof(options.ModelPath), options.ModelPath) is string model)
        {
            yield return model;
        }

        if (FileSettings.LibraryFailure(nameof(options.NativeLibraryPath), options.NativeLibraryPath) is string library)
        {
            yield return library;
        }

        if (options.ContextSize < 1)
        {
            yield return $"{nameof(options.ContextSize)} is {options.ContextSize}. Set it to at least 1 token; 512 and more is usual.";
        }

        if (options.BatchSize < options.ContextSize)
        {
            yield return $"{nameof(options.BatchSize)} is {options.BatchSize}, below {nameof(options.ContextSize)} {options.ContextSize}: a text is computed at once. Raise it, lower {nameof(options.ContextSize)}, or leave it null.";
        }

        if (options.Threads is { } threads && (threads < 1 || threads > Environment.ProcessorCount))
        {
            yield return $"{nameof(options.Threads)} is {threads}. Set it to at least 1 and at most {Environment.ProcessorCount}, the processors that this process may use, or leave it null.";
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
