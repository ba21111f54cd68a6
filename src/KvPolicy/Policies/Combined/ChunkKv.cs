namespace CurKv.KvPolicy;

/// <summary>Skeleton.</summary>
public sealed class ChunkKv(IKvPolicy inner, int size = 20) : IKvPolicy
{
    /// <summary>Skeleton.</summary>
    public IKvPolicy Inner => inner;

    /// <summary>Skeleton.</summary>
    public int Size => size;

    /// <inheritdoc/>
    public string Name => throw new NotImplementedException();

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Score(in KvLayer layer, Span<float> scores) => throw new NotImplementedException();
}
