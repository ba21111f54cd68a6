using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Protection;

namespace CurKv.KvPolicy.Policies;

/// <summary>Scores cached tokens: the higher, the more a head loses without the token.</summary>
/// <remarks>
/// Implementations are immutable and safe to call from several threads at once: layers are scored in parallel. Which tokens
/// are kept is not theirs to decide: budgets and protection stand in <see cref="KvBudget"/> and <see cref="KvProtection"/>.
/// </remarks>
public interface IKvPolicy
{
    /// <summary>The name under which logs, telemetry and tables show the policy.</summary>
    string Name { get; }

    /// <summary>What <see cref="Score"/> reads; the rest may be left empty by the caller.</summary>
    KvPolicyInputs Inputs { get; }

    /// <summary>How many of the prompt's last queries the policy wants to see; 0 where it needs none.</summary>
    int QueryWindow => 0;

    /// <summary>Scores every cached token of one layer.</summary>
    /// <param name="layer">The layer's cache.</param>
    /// <param name="scores">
    /// Receives <c>[KV heads][tokens]</c>, row-major. A score that is NaN or negative infinity is evicted first.
    /// </param>
    void Score(in KvLayer layer, Span<float> scores);
}
