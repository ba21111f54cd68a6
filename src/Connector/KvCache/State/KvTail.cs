namespace CurKv.Connector.KvCache.State;

/// <summary>
/// What follows the base block in a sequence's blob: the cells of sliding windows, recurrent state. It is carried over as it is: a
/// window keeps the last tokens only, and recurrent state is one for all tokens.
/// </summary>
/// <param name="data">The first byte.</param>
/// <param name="bytes">The number of bytes; 0 where there is no tail.</param>
internal readonly unsafe struct KvTail(byte* data, nuint bytes)
{
    private readonly byte* _data = data;

    /// <summary>The number of bytes; 0 where there is no tail.</summary>
    public nuint Bytes { get; } = bytes;

    /// <summary>Copies the tail behind a base block.</summary>
    public void CopyTo(byte* destination) => Buffer.MemoryCopy(_data, destination, Bytes, Bytes);

    /// <summary>Whether both are the same bytes. Meant for the self-test's few tokens.</summary>
    public bool HasBytesOf(KvTail other) =>
        new ReadOnlySpan<byte>(_data, checked((int)Bytes)).SequenceEqual(new ReadOnlySpan<byte>(other._data, checked((int)other.Bytes)));
}
