using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using CurKv.KvPolicy.Policies;

namespace CurKv.Connector.KvCache;

/// <summary>Says why a plan cannot be carried out on a cache, and which setting helps.</summary>
/// <param name="model">The model's facts.</param>
/// <param name="probe">What the context's self-test found.</param>
/// <param name="rotation">How the cache rotates what it stores.</param>
/// <param name="observesQueries">Whether queries can be observed.</param>
/// <param name="hasOutputWeights">Whether the model's output weights can be read.</param>
internal sealed class KvCompressionGuard(
    LlamaModelInfo model, KvCacheProbe probe, KvCacheRotation rotation, bool observesQueries, bool hasOutputWeights)
{
    private const string Setting = $"{nameof(LlamaChatClientOptions.Compression)}.{nameof(KvCompressionOptions.Policy)}";

    /// <summary>Refuses what is not possible.</summary>
    /// <exception cref="KvCompressionException">This cache cannot be compressed, or not by this policy.</exception>
    public void ThrowIfRefused(KvCompressionPlan plan)
    {
        if (Refusal(plan) is string refusal)
        {
            throw new KvCompressionException(refusal);
        }
    }

    /// <summary>Why a plan cannot be carried out, and which setting helps; null where it can.</summary>
    public string? Refusal(KvCompressionPlan plan) =>
        CacheRefusal() ?? (PolicyRefusal(plan) is string reason ? $"The policy '{plan.Selector.Policy.Name}' {reason}" : null);

    private string? CacheRefusal() => probe.Refusal is null ? null
        : $"The cache of '{model.Path}' cannot be compressed: {probe.Refusal}. Set {Setting} to \"{KvCompressionOptions.NoPolicy}\".";

    private string? PolicyRefusal(KvCompressionPlan plan)
    {
        KvPolicyInputs inputs = plan.Selector.Policy.Inputs;
        bool wantsWeights = inputs.HasFlag(KvPolicyInputs.OutputWeights);
        return plan.QueryWindow > 0 && !observesQueries
                ? $"needs the prompt's last queries, which cannot be observed here: the model computes them in another way, or runs on a GPU without having been set up for it. Set {Setting} to a policy without queries, such as \"{KvCompressionDefaults.QueryFreePolicy}\"."
            : inputs.HasFlag(KvPolicyInputs.RepeatAttention) && !observesQueries
                ? $"needs the queries of a second pass over the prompt, which cannot be observed here. Set {Setting} to a policy without queries, such as \"{KvCompressionDefaults.QueryFreePolicy}\"."
            : inputs.HasFlag(KvPolicyInputs.RepeatAttention) && probe.Format!.HasTail
                ? $"needs a second pass over the prompt, and what this model keeps beside its attention to all tokens (a sliding window, a recurrent state) cannot be set back after it. Set {Setting} to another policy."
            : inputs.HasFlag(KvPolicyInputs.PlainElements) && rotation.IsPossible
                ? $"compares single elements of keys and values, and this quantised cache stores them rotated. Set {nameof(LlamaChatClientOptions.KeyCacheType)} and {nameof(LlamaChatClientOptions.ValueCacheType)} to F16, or {Setting} to another policy."
            : wantsWeights && !rotation.IsKnown
                ? $"multiplies values with the model's weights, and whether this quantised cache stores them rotated is not known on a GPU. Set {nameof(LlamaChatClientOptions.ValueCacheType)} to F16, or {Setting} to another policy."
            : wantsWeights && !hasOutputWeights
                ? $"needs the model's output weights, which '{model.Path}' does not hold as one tensor for each layer that attends to all tokens. Set {Setting} to another policy."
            : null;
    }
}
