using CurKv.Connector.Engine;
using CurKv.KvPolicy.Policies;

namespace CurKv.Connector.KvCache;

/// <summary>Says why a plan cannot be carried out on a cache.</summary>
/// <param name="model">The model's facts.</param>
/// <param name="probe">What the context's self-test found.</param>
/// <param name="rotation">How the cache rotates what it stores.</param>
/// <param name="observesQueries">Whether queries can be observed.</param>
/// <param name="hasOutputWeights">Whether the model's output weights can be read.</param>
internal sealed class KvCompressionGuard(
    LlamaModelInfo model, KvCacheProbe probe, KvCacheRotation rotation, bool observesQueries, bool hasOutputWeights)
{
    /// <summary>Refuses what is not possible.</summary>
    /// <exception cref="KvCompressionException">This cache cannot be compressed, or not by this policy.</exception>
    public void ThrowIfRefused(KvCompressionPlan plan)
    {
        if (Refusal(plan) is { } refusal)
        {
            throw refusal;
        }
    }

    /// <summary>Why a plan cannot be carried out; null where it can.</summary>
    public KvCompressionException? Refusal(KvCompressionPlan plan)
    {
        if (probe.Refusal is not null)
        {
            return new KvCompressionException($"The cache of '{model.Path}' cannot be compressed: {probe.Refusal}.") { Fault = LlamaFault.CacheNotCompressible };
        }

        (LlamaFault fault, string reason) = PolicyRefusal(plan);
        return fault == LlamaFault.None ? null : new KvCompressionException($"The policy '{plan.Selector.Policy.Name}' {reason}.") { Fault = fault };
    }

    private (LlamaFault Fault, string Reason) PolicyRefusal(KvCompressionPlan plan)
    {
        KvPolicyInputs inputs = plan.Selector.Policy.Inputs;
        bool wantsWeights = inputs.HasFlag(KvPolicyInputs.OutputWeights);
        return plan.QueryWindow > 0 && !observesQueries
                ? (LlamaFault.QueriesNotObserved, "needs the prompt's last queries, which cannot be observed here: the model computes them in another way, or runs on a GPU without having been set up for it")
            : inputs.HasFlag(KvPolicyInputs.RepeatAttention) && !observesQueries
                ? (LlamaFault.QueriesNotObserved, "needs the queries of a second pass over the prompt, which cannot be observed here")
            : inputs.HasFlag(KvPolicyInputs.RepeatAttention) && probe.Format!.HasTail
                ? (LlamaFault.PolicyUnsuited, "needs a second pass over the prompt, and what this model keeps beside its attention to all tokens (a sliding window, a recurrent state) cannot be set back after it")
            : inputs.HasFlag(KvPolicyInputs.PlainElements) && rotation.IsPossible
                ? (LlamaFault.ElementsRotated, "compares single elements of keys and values, and this quantised cache stores them rotated")
            : wantsWeights && !rotation.IsKnown
                ? (LlamaFault.ValuesRotated, "multiplies values with the model's weights, and whether this quantised cache stores them rotated is not known on a GPU")
            : wantsWeights && !hasOutputWeights
                ? (LlamaFault.PolicyUnsuited, $"needs the model's output weights, which '{model.Path}' does not hold as one tensor for each layer that attends to all tokens")
            : (LlamaFault.None, string.Empty);
    }
}
