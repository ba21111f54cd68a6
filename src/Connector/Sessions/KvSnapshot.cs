using CurKv.Connector.KvCache.State;

namespace CurKv.Connector.Sessions;

/// <summary>A read and compressed sequence in host memory, from which conversations start. Immutable but for disposal.</summary>
internal sealed unsafe class KvSnapshot : IDisposable
{
    private readonly NativeBuffer _blob = new();
    private bool _isDisposed;

    /// <summary>Creates a snapshot whose blob is to be filled.</summary>
    /// <param name="size">The blob's bytes.</param>
    /// <param name="sequence">The sequence as it is now.</param>
    public KvSnapshot(nuint size, KvSequence sequence)
    {
        _blob.Reserve(size);
        Size = size;
        Contents = new KvSequence(sequence.Id, sequence.SlidingWindow);
        Contents.CopyFrom(sequence);
    }

    /// <summary>The blob.</summary>
    /// <exception cref="ObjectDisposedException">Its memory is given back.</exception>
    public byte* Data
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _blob.Data;
        }
    }

    /// <summary>The blob's bytes.</summary>
    public nuint Size { get; }

    /// <summary>What the cells hold.</summary>
    public KvSequence Contents { get; }

    public void Dispose()
    {
        _isDisposed = true;
        _blob.Dispose();
    }
}
