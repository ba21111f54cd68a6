namespace CurKv.Connector.KvCache.State;

/// <summary>
/// The state that follows the base block in a sequence's blob: the cells of sliding windows, or recurrent state. It is copied
/// unchanged: a window holds only the last tokens, and recurrent state cannot be split by token. llama.cpp calls it partial state.
/// </summary>
/// <param name="data">The first byte.</param>
/// <param name="bytes">The number of bytes; 0 if there is none.</param>
internal readonly unsafe struct NonAttentionState(byte* data, nuint bytes)
{
    private readonly byte* _data = data;

    /// <summary>The number of bytes; 0 if there is none.</summary>
    public nuint Bytes { get; } = bytes;

    /// <summary>Copies the state, to follow a base block.</summary>
    public void CopyTo(byte* destination) => Buffer.MemoryCopy(_data, destination, Bytes, Bytes);

    /// <summary>Whether both have the same bytes. For the few tokens of the self-test.</summary>
    public bool HasBytesOf(NonAttentionState other) =>
        new ReadOnlySpan<byte>(_data, checked((int)Bytes)).SequenceEqual(new ReadOnlySpan<byte>(other._data, checked((int)other.Bytes)));
}
