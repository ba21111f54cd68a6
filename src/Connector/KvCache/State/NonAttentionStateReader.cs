using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;

namespace CurKv.Connector.KvCache.State;

/// <summary>Reads a sequence's non-attention state without its base block. The memory is reused.</summary>
internal sealed unsafe class NonAttentionStateReader(ILlamaContext context, KvStateFormat format) : IDisposable
{
    private readonly NativeBuffer _buffer = new();

    /// <summary>Reads the non-attention state, which is valid until the next call; empty if the model has none.</summary>
    /// <exception cref="KvCompressionException">llama.cpp did not return it.</exception>
    public NonAttentionState Read(int sequence)
    {
        if (!format.HasNonAttentionState)
        {
            return default;
        }

        nuint size = context.NonAttentionStateSize(sequence);
        byte* data = _buffer.Reserve(size);
        return size > KvStateFormat.HeadBytes && context.NonAttentionStateGet(sequence, data, size) == size
            ? new NonAttentionState(data + KvStateFormat.HeadBytes, size - KvStateFormat.HeadBytes)
            : throw new KvCompressionException($"llama.cpp did not return the sliding windows or recurrent state of sequence {sequence}. {NativeLog.LastErrors()}");
    }

    public void Dispose() => _buffer.Dispose();
}
