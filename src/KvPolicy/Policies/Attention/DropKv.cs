namespace CurKv.KvPolicy;

/// <summary>Skeleton.</summary>
public sealed class DropKv(int window = 64) : IKvPolicy
{
    /// <summary>Skeleton.</summary>
    public int Window => window;

    /// <inheritdoc/>
    public string Name => throw new NotImplementedException();

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Score(in KvLayer layer, Span<float> scores) => throw new NotImplementedException();
}
