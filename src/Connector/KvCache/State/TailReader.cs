using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;

namespace CurKv.Connector.KvCache.State;

/// <summary>Reads a sequence's tail without its base block. The memory is kept for the next one.</summary>
internal sealed unsafe class TailReader(ILlamaContext context, KvStateFormat format) : IDisposable
{
    private readonly NativeBuffer _buffer = new();

    /// <summary>Reads the tail, which is valid until the next one is read; empty where the model has none.</summary>
    /// <exception cref="KvCompressionException">llama.cpp did not give it.</exception>
    public KvTail Read(int sequence)
    {
        if (!format.HasTail)
        {
            return default;
        }

        nuint size = context.TailSize(sequence);
        byte* data = _buffer.Reserve(size);
        return size > KvStateFormat.HeadBytes && context.TailGet(sequence, data, size) == size
            ? new KvTail(data + KvStateFormat.HeadBytes, size - KvStateFormat.HeadBytes)
            : throw new KvCompressionException($"llama.cpp did not give the sliding windows or the recurrent state of sequence {sequence}. {NativeLog.LastErrors()}");
    }

    public void Dispose() => _buffer.Dispose();
}
