namespace CurKv.KvPolicy;

/// <summary>Skeleton.</summary>
public sealed class AdaKv(IKvPolicy inner, double safeguard = 0.2) : IKvPolicy
{
    /// <summary>Skeleton.</summary>
    public IKvPolicy Inner => inner;

    /// <summary>Skeleton.</summary>
    public double Safeguard => safeguard;

    /// <inheritdoc/>
    public string Name => throw new NotImplementedException();

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Score(in KvLayer layer, Span<float> scores) => throw new NotImplementedException();
}
