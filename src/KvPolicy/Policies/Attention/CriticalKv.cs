namespace CurKv.KvPolicy;

/// <summary>Skeleton.</summary>
public sealed class CriticalKv(IKvPolicy inner, double firstShare = 0.5) : IKvPolicy
{
    /// <summary>Skeleton.</summary>
    public IKvPolicy Inner => inner;

    /// <summary>Skeleton.</summary>
    public double FirstShare => firstShare;

    /// <inheritdoc/>
    public string Name => throw new NotImplementedException();

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Score(in KvLayer layer, Span<float> scores) => throw new NotImplementedException();
}
