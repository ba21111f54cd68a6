using CurKv.Connector.Engine;
using CurKv.KvPolicy.Policies;

namespace CurKv.Connector.KvCache;

/// <summary>Checks whether a cache supports a plan.</summary>
/// <param name="model">The model's properties.</param>
/// <param name="probe">The result of the context's self-test.</param>
/// <param name="rotation">How the cache rotates keys and values.</param>
/// <param name="observesQueries">Whether queries can be observed.</param>
/// <param name="hasOutputWeights">Whether the model's output weights can be read.</param>
internal sealed class KvCompressionGuard(
    LlamaModelInfo model, KvCacheProbe probe, KvCacheRotation rotation, bool observesQueries, bool hasOutputWeights)
{
    /// <summary>Throws if a plan is not supported.</summary>
    /// <exception cref="KvCompressionException">This cache cannot be compressed, or not with this policy.</exception>
    public void ThrowIfUnsupported(KvCompressionPlan plan)
    {
        if (UnsupportedReason(plan) is { } exception)
        {
            throw exception;
        }
    }

    /// <summary>Why a plan is not supported; null if it is.</summary>
    public KvCompressionException? UnsupportedReason(KvCompressionPlan plan)
    {
        if (probe.UnsupportedReason is not null)
        {
            return new KvCompressionException($"The cache of '{model.Path}' cannot be compressed: {probe.UnsupportedReason}.") { Fault = LlamaFault.CacheNotCompressible };
        }

        (LlamaFault fault, string reason) = PolicyUnsupportedReason(plan);
        return fault == LlamaFault.None ? null : new KvCompressionException($"The policy '{plan.Selector.Policy.Name}' {reason}.") { Fault = fault };
    }

    private (LlamaFault Fault, string Reason) PolicyUnsupportedReason(KvCompressionPlan plan)
    {
        KvPolicyInputs inputs = plan.Selector.Policy.Inputs;
        bool wantsWeights = inputs.HasFlag(KvPolicyInputs.OutputWeights);
        return plan.QueryWindow > 0 && !observesQueries
                ? (LlamaFault.QueriesNotObserved, "needs the prompt's last queries, which cannot be observed here: the model computes them in an unknown way, or runs on a GPU without an eval hook")
            : inputs.HasFlag(KvPolicyInputs.ReconstructionAttention) && !observesQueries
                ? (LlamaFault.QueriesNotObserved, "needs the queries of a reconstruction pass over the prompt, which cannot be observed here")
            : inputs.HasFlag(KvPolicyInputs.ReconstructionAttention) && probe.Format!.HasNonAttentionState
                ? (LlamaFault.PolicyUnsuited, "needs a reconstruction pass over the prompt, and this model's non-attention state (a sliding window or recurrent state) cannot be restored after it")
            : inputs.HasFlag(KvPolicyInputs.PlainElements) && rotation.IsPossible
                ? (LlamaFault.ElementsRotated, "compares individual elements of keys and values, and this quantised cache stores them rotated")
            : wantsWeights && !rotation.IsKnown
                ? (LlamaFault.ValuesRotated, "multiplies values by the model's weights, and on a GPU it is unknown whether this quantised cache stores them rotated")
            : wantsWeights && !hasOutputWeights
                ? (LlamaFault.PolicyUnsuited, $"needs the model's output weights, which '{model.Path}' does not store as one tensor for each full-attention layer")
            : (LlamaFault.None, string.Empty);
    }
}
