using CurKv.KvPolicy.Protection;

namespace CurKv.Connector.KvCache;

/// <summary>What <c>auto</c> stands for: what measured best (docs/policies.md).</summary>
internal static class KvCompressionDefaults
{
    /// <summary>The policy where the question stands in the prompt.</summary>
    public const string QuestionAwarePolicy = "snapkv(window=24,pool=21)+4*curdkv(value=0.5)*pool(curdkv-norms(combine=key))";

    /// <summary>The policy where no question is known yet, or queries cannot be observed.</summary>
    public const string QueryFreePolicy = "curdkv*pool(curdkv-norms(combine=key))";

    /// <summary>Recent tokens where the question stands in the prompt.</summary>
    public const int QuestionAwareRecent = KvProtection.DefaultRecent;

    /// <summary>Recent tokens where no question is known yet: what comes last means nothing in particular.</summary>
    public const int QueryFreeRecent = 4;

    /// <summary>The prompt's last queries that a loss is measured on.</summary>
    public const int LossWindow = 32;
}
