namespace CurKv.KvPolicy;

/// <summary>What of the cache a policy reads.</summary>
[Flags]
public enum KvPolicyInputs
{
    /// <summary>Positions only.</summary>
    None = 0,

    /// <summary>The cached keys.</summary>
    Keys = 1,

    /// <summary>The cached values.</summary>
    Values = 2,

    /// <summary>The queries of the prompt's last tokens.</summary>
    WindowQueries = 4,
}
