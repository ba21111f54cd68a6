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

    /// <summary>Single elements of keys or values, which mean nothing while the cache rotates them.</summary>
    PlainElements = 8,

    /// <summary>The output weights of the layer.</summary>
    OutputWeights = 16,

    /// <summary>The queries of a second pass over the prompt.</summary>
    SecondPassQueries = 32,
}
