using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Attention;
using CurKv.KvPolicy.Policies.Combined;
using CurKv.KvPolicy.Policies.Leverage;

namespace CurKv.KvPolicy.Tests.Naming;

/// <summary>Writes what a policy is made of, without asking it for its name.</summary>
internal static class PolicyStructure
{
    public static string Of(IKvPolicy policy) => policy switch
    {
        PolicyUnion union => $"Union({Of(union.First)}, {Of(union.Second)})",
        PolicySum { Weight: 1 } sum => $"Sum({Of(sum.First)}, {Of(sum.Second)})",
        PolicySum sum => FormattableString.Invariant($"Sum({Of(sum.First)}, {sum.Weight} x {Of(sum.Second)})"),
        PolicyProduct product => $"Product({Of(product.First)}, {Of(product.Second)})",
        ChunkKv chunk => FormattableString.Invariant($"Chunk({Of(chunk.Inner)}, {chunk.Size})"),
        PooledPolicy pooled => FormattableString.Invariant($"Pooled({Of(pooled.Inner)}, {pooled.Size})"),
        AdaKv adaptive => FormattableString.Invariant($"Adaptive({Of(adaptive.Inner)}, {adaptive.Safeguard})"),
        CriticalKv critical => FormattableString.Invariant($"Critical({Of(critical.Inner)}, {critical.FirstShare})"),
        SnapKv snap => FormattableString.Invariant($"SnapKv({snap.Window}, {snap.Pool}, {snap.Pooling})"),
        DropKv drop => FormattableString.Invariant($"DropKv({drop.Window})"),
        LagKv lag => FormattableString.Invariant($"LagKv({lag.Lag}, {lag.Crossed})"),
        CurDkv or RandomTokens => policy.Name,
        _ => policy.GetType().Name,
    };
}
