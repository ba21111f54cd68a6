using CurKv.KvPolicy.Protection;

namespace CurKv.Connector.KvCache;

/// <summary>The settings behind <c>auto</c>: those that measured best (docs/policies.md).</summary>
internal static class KvCompressionDefaults
{
    /// <summary>The policy when the prompt contains the question.</summary>
    public const string QuestionAwarePolicy = "snapkv(window=24,pool=21)+4*curdkv(value=0.5)*pool(curdkv-norms(combine=key))";

    /// <summary>The policy when the question is not known yet, or queries cannot be observed.</summary>
    public const string QueryFreePolicy = "curdkv*pool(curdkv-norms(combine=key))";

    /// <summary>The number of recent tokens when the prompt contains the question.</summary>
    public const int QuestionAwareRecent = KvProtection.DefaultRecent;

    /// <summary>The number of recent tokens when the question is not known yet: the last tokens have no special meaning then.</summary>
    public const int QueryFreeRecent = 4;

    /// <summary>The number of last queries on which the loss is measured.</summary>
    public const int LossWindow = 32;
}
