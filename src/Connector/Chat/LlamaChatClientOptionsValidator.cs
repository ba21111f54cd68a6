using CurKv.Connector.Engine.Loading;
using CurKv.Connector.KvCache;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Naming;
using Microsoft.Extensions.Options;

namespace CurKv.Connector.Chat;

/// <summary>Validates options. Each message names the invalid setting and the fix. Some invalid settings would make llama.cpp end the process.</summary>
internal sealed class LlamaChatClientOptionsValidator(KvPolicyCatalog policies) : IValidateOptions<LlamaChatClientOptions>
{
    /// <summary>Validates options that do not come from a container.</summary>
    /// <exception cref="OptionsValidationException">A setting is invalid.</exception>
    public void ThrowIfInvalid(LlamaChatClientOptions options)
    {
        List<string> failures = [.. Failures(options)];
        if (failures.Count > 0)
        {
            throw new OptionsValidationException(nameof(LlamaChatClientOptions), typeof(LlamaChatClientOptions), failures);
        }
    }

    public ValidateOptionsResult Validate(string? name, LlamaChatClientOptions options)
    {
        // The options of a keyed client have its key's text for their name.
        string client = string.IsNullOrEmpty(name) ? string.Empty : $"{nameof(LlamaChatClient)} '{name}': ";
        List<string> failures = [.. Failures(options).Select(failure => client + failure)];
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private IEnumerable<string> Failures(LlamaChatClientOptions options)
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
            yield return $"{nameof(options.ContextSize)} is {options.ContextSize}. Set it to at least 1 token; 4096 and more is usual.";
        }

        if (options.BatchSize < 1)
        {
            yield return $"{nameof(options.BatchSize)} is {options.BatchSize}. Set it to at least 1 token; {LlamaChatClientOptions.DefaultBatchSize} is usual.";
        }

        if (options.Threads is { } threads && (threads < 1 || threads > Environment.ProcessorCount))
        {
            yield return $"{nameof(options.Threads)} is {threads}. Set it to at least 1 and at most {Environment.ProcessorCount}, the processors that this process may use, or leave it null.";
        }

        if (options.GpuLayerCount < -1)
        {
            yield return $"{nameof(options.GpuLayerCount)} is {options.GpuLayerCount}. Set it to −1 for all layers, or to 0 and more.";
        }

        if (!Enum.IsDefined(options.FlashAttention))
        {
            yield return $"{nameof(options.FlashAttention)} is {options.FlashAttention}. Set it to {string.Join(", ", Enum.GetNames<FlashAttentionMode>())}.";
        }

        if (!Enum.IsDefined(options.KeyCacheType) || !Enum.IsDefined(options.ValueCacheType))
        {
            yield return $"{nameof(options.KeyCacheType)} or {nameof(options.ValueCacheType)} is not a cache type. Set them to {string.Join(", ", Enum.GetNames<KvElementType>())}.";
        }

        if (options.FlashAttention == FlashAttentionMode.Off && options.ValueCacheType is KvElementType.Q8_0 or KvElementType.Q4_0)
        {
            yield return $"{nameof(options.ValueCacheType)} {options.ValueCacheType} needs FlashAttention. Set {nameof(options.FlashAttention)} to On, or {nameof(options.ValueCacheType)} to F16.";
        }

        foreach (string problem in BackendPlugins.Problems(options.BackendPaths))
        {
            yield return $"{nameof(options.BackendPaths)} {problem}";
        }

        if (options.Compression is null)
        {
            yield return $"{nameof(options.Compression)} is null. Set its {nameof(KvCompressionOptions.Policy)} to \"{KvCompressionOptions.NoPolicy}\" to keep the whole cache.";
            yield break;
        }

        foreach (string failure in KvCompressionOptionsValidation.Failures(options.Compression, options.ContextSize, policies))
        {
            yield return $"{nameof(options.Compression)}.{failure}";
        }
    }
}
