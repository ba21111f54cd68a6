namespace CurKv.KvPolicy;

/// <summary>Skeleton.</summary>
public sealed class LagKv(int lag = 128, bool crossed = false) : IKvPolicy
{
    /// <summary>Skeleton.</summary>
    public int Lag => lag;

    /// <summary>Skeleton.</summary>
    public bool Crossed => crossed;

    /// <inheritdoc/>
    public string Name => throw new NotImplementedException();

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Score(in KvLayer layer, Span<float> scores) => throw new NotImplementedException();
}
