namespace CurKv.KvPolicy.Policies;

/// <summary>What of the cache a policy reads.</summary>
[Flags]
public enum KvPolicyInputs
{
    /// <summary>Positions only.</summary>
    None = 0,

    /// <summary>The cached keys, row by row, in memory.</summary>
    Keys = 1,

    /// <summary>The cached values, row by row, in memory.</summary>
    Values = 2,

    /// <summary>The queries of the prompt's last tokens.</summary>
    WindowQueries = 4,

    /// <summary>Single elements of keys or values, which mean nothing while the cache rotates them.</summary>
    PlainElements = 8,

    /// <summary>The output weights of the layer.</summary>
    OutputWeights = 16,

    /// <summary>The attention that each token receives while the model repeats the context in a reconstruction pass.</summary>
    ReconstructionAttention = 32,

    /// <summary>The keys' norms: <see cref="KvLayer.MeasureKeyNorms"/>.</summary>
    KeyNorms = 64,

    /// <summary>The values' norms: <see cref="KvLayer.MeasureValueNorms"/>.</summary>
    ValueNorms = 128,

    /// <summary>The keys' distances from their mean: <see cref="KvLayer.MeasureCentredKeyNorms"/>.</summary>
    CentredKeyNorms = 256,
}
