namespace CurKv.KvPolicy;

/// <summary>Skeleton.</summary>
public sealed class KvZip : IKvPolicy
{
    /// <inheritdoc/>
    public string Name => throw new NotImplementedException();

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Score(in KvLayer layer, Span<float> scores) => throw new NotImplementedException();
}
