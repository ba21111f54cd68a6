namespace CurKv.KvPolicy;

/// <summary>Skeleton.</summary>
public sealed class PolicyUnion(IKvPolicy first, IKvPolicy second) : IKvPolicy
{
    /// <summary>Skeleton.</summary>
    public IKvPolicy First => first;

    /// <summary>Skeleton.</summary>
    public IKvPolicy Second => second;

    /// <inheritdoc/>
    public string Name => throw new NotImplementedException();

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Score(in KvLayer layer, Span<float> scores) => throw new NotImplementedException();
}
