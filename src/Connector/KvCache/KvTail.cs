namespace CurKv.Connector.KvCache;

/// <summary>
/// What follows the base block in a sequence's blob: the cells of sliding windows, recurrent state. It is carried over as it is: a
/// window keeps the last tokens only, and recurrent state is one for all tokens.
/// </summary>
/// <param name="data">The first byte.</param>
/// <param name="bytes">The number of bytes; 0 where there is no tail.</param>
internal readonly unsafe struct KvTail(byte* data, nuint bytes)
{
    /// <summary>The number of bytes; 0 where there is no tail.</summary>
    public nuint Bytes => bytes;

    /// <summary>Copies the tail behind a base block.</summary>
    public void CopyTo(byte* destination) => System.Buffer.MemoryCopy(data, destination, bytes, bytes);

    /// <summary>Whether both are the same bytes.</summary>
    public bool Equals(KvTail other) => bytes == other.Bytes && other.StartsWith(data);

    private bool StartsWith(byte* expected) => new ReadOnlySpan<byte>(data, checked((int)bytes)).SequenceEqual(new ReadOnlySpan<byte>(expected, (int)bytes));
}
