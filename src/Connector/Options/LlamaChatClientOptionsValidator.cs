using CurKv.KvPolicy;
using Microsoft.Extensions.Options;

namespace CurKv.Connector;

/// <summary>Says of every bad setting which one it is and what to set instead. llama.cpp would end the process on some of them.</summary>
internal sealed class LlamaChatClientOptionsValidator(KvPolicyCatalog policies) : IValidateOptions<LlamaChatClientOptions>
{
    /// <summary>Validates options that did not come from a container.</summary>
    /// <exception cref="OptionsValidationException">A setting is bad.</exception>
    public void ThrowIfInvalid(LlamaChatClientOptions options)
    {
        List<string> failures = [.. Failures(options)];
        if (failures.Count > 0)
        {
            throw new OptionsValidationException(nameof(LlamaChatClientOptions), typeof(LlamaChatClientOptions), failures);
        }
    }

    /// <summary>Validates compression settings that replace the client's.</summary>
    /// <exception cref="OptionsValidationException">A setting is bad.</exception>
    public void ThrowIfInvalid(KvCompressionOptions options, int contextSize)
    {
        List<string> failures = [.. Failures(options, contextSize, policies)];
        if (failures.Count > 0)
        {
            throw new OptionsValidationException(nameof(KvCompressionOptions), typeof(KvCompressionOptions), failures);
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
            yield return $"{nameof(options.BatchSize)} is {options.BatchSize}. Set it to at least 1 token; 512 is usual.";
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
            yield return $"{nameof(options.KeyCacheType)} or {nameof(options.ValueCacheType)} is no cache type. Set them to {string.Join(", ", Enum.GetNames<KvElementType>())}.";
        }

        if (options.FlashAttention == FlashAttentionMode.Off && options.ValueCacheType is KvElementType.Q8_0 or KvElementType.Q4_0)
        {
            yield return $"{nameof(options.ValueCacheType)} {options.ValueCacheType} needs FlashAttention. Set {nameof(options.FlashAttention)} to On, or {nameof(options.ValueCacheType)} to F16.";
        }

        if (options.Compression is null)
        {
            yield return $"{nameof(options.Compression)} is null. Set its {nameof(KvCompressionOptions.Policy)} to \"{KvCompressionOptions.NoPolicy}\" to keep the whole cache.";
            yield break;
        }

        foreach (string failure in Failures(options.Compression, options.ContextSize, policies))
        {
            yield return $"{nameof(options.Compression)}.{failure}";
        }
    }

    private static IEnumerable<string> Failures(KvCompressionOptions options, int contextSize, KvPolicyCatalog policies)
    {
        if (options.CustomPolicy is null && !options.KeepsAll && !options.IsAuto && !policies.TryCreate(options.Policy ?? string.Empty, out _, out KvPolicyNameException? error))
        {
            yield return $"{nameof(options.Policy)} is neither \"{KvCompressionOptions.AutoPolicy}\" nor \"{KvCompressionOptions.NoPolicy}\" nor a policy's name: {error.Message}";
        }

        if (!(options.Ratio >= 0 && options.Ratio < 1))
        {
            yield return $"{nameof(options.Ratio)} is {options.Ratio}. Set it to at least 0 and below 1: 0.9 keeps a tenth of the cells.";
        }

        if (options.Cells < 1)
        {
            yield return $"{nameof(options.Cells)} is {options.Cells}. Set it to at least 1, or leave it null to use {nameof(options.Ratio)}.";
        }

        if (options.Cells > contextSize)
        {
            yield return $"{nameof(options.Cells)} is {options.Cells}, above {nameof(LlamaChatClientOptions.ContextSize)} {contextSize}. Lower it, or raise {nameof(LlamaChatClientOptions.ContextSize)}.";
        }

        if (options.Mass is { } mass && !(mass > 0 && mass <= 1))
        {
            yield return $"{nameof(options.Mass)} is {mass}. Set it above 0 and to at most 1, or leave it null to use {nameof(options.Ratio)}.";
        }

        if (options.Sinks < 0)
        {
            yield return $"{nameof(options.Sinks)} is {options.Sinks}. Set it to 0 or more; 4 is usual.";
        }

        if (options.Recent < 1)
        {
            yield return $"{nameof(options.Recent)} is {options.Recent}. Set it to at least 1: the newest token has to stay. Or leave it null.";
        }

        if (options.ShrinkContext < 1)
        {
            yield return $"{nameof(options.ShrinkContext)} is {options.ShrinkContext}. Set it to at least 1 cell for a question and its answer, such as 1024, or to null to leave the context as it is.";
        }

        if (options.ShrinkContext > contextSize)
        {
            yield return $"{nameof(options.ShrinkContext)} is {options.ShrinkContext}, above {nameof(LlamaChatClientOptions.ContextSize)} {contextSize}: nothing would be given back. Lower it, or set it to null.";
        }

        if (options.DecodingInterval < 1)
        {
            yield return $"{nameof(options.DecodingInterval)} is {options.DecodingInterval}. Set it to at least 1 cell, or to null to compress prompts only.";
        }

        if (options.MinTokens < 0)
        {
            yield return $"{nameof(options.MinTokens)} is {options.MinTokens}. Set it to 0 or more.";
        }
    }
}
