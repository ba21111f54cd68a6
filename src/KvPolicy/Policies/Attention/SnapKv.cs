namespace CurKv.KvPolicy;

/// <summary>Skeleton.</summary>
public sealed class SnapKv(int window = 64, int pool = 5, SnapKvPooling pooling = SnapKvPooling.Average) : IKvPolicy
{
    /// <summary>Skeleton.</summary>
    public int Window => window;

    /// <summary>Skeleton.</summary>
    public int Pool => pool;

    /// <summary>Skeleton.</summary>
    public SnapKvPooling Pooling => pooling;

    /// <inheritdoc/>
    public string Name => throw new NotImplementedException();

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Score(in KvLayer layer, Span<float> scores) => throw new NotImplementedException();
}
