using CurKv.Connector.KvCache;
using CurKv.KvPolicy.Naming;

namespace CurKv.Connector.Chat;

/// <summary>Validates compression settings. Each message names the invalid setting and the fix.</summary>
internal static class KvCompressionOptionsValidation
{
    /// <summary>Errors in the policy's name and the numbers.</summary>
    public static IEnumerable<string> Failures(KvCompressionOptions options, int contextSize, KvPolicyCatalog policies)
    {
        bool isNamed = options.CustomPolicy is null && !options.KeepsAll && !options.IsAuto;
        return isNamed && !policies.TryCreate(options.Policy ?? string.Empty, out _, out KvPolicyNameException? error)
            ? NumberFailures(options, contextSize).Prepend(PolicyFailure(error))
            : NumberFailures(options, contextSize);
    }

    /// <summary>Errors in the policy's name.</summary>
    public static string PolicyFailure(KvPolicyNameException error) =>
        $"{nameof(KvCompressionOptions.Policy)} is neither \"{KvCompressionOptions.AutoPolicy}\" nor \"{KvCompressionOptions.NoPolicy}\" nor a policy's name: {error.Message}";

    /// <summary>Errors in the numbers.</summary>
    public static IEnumerable<string> NumberFailures(KvCompressionOptions options, int contextSize)
    {
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
            yield return $"{nameof(options.Sinks)} is {options.Sinks}. Set it to 0 or more; {KvCompressionOptions.DefaultSinks} is usual.";
        }

        if (options.Recent < 1)
        {
            yield return $"{nameof(options.Recent)} is {options.Recent}. Set it to at least 1, because the newest token is always kept, or leave it null.";
        }

        if (options.ShrunkContextHeadroom < 1)
        {
            yield return $"{nameof(options.ShrunkContextHeadroom)} is {options.ShrunkContextHeadroom}. Set it to at least 1 cell for a question and its answer, such as 1024, or to null to keep the context as it is.";
        }

        if (options.ShrunkContextHeadroom > contextSize)
        {
            yield return $"{nameof(options.ShrunkContextHeadroom)} is {options.ShrunkContextHeadroom}, above {nameof(LlamaChatClientOptions.ContextSize)} {contextSize}: no memory would be freed. Lower it, or set it to null.";
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
