using CurKv.Connector.KvCache.State;

namespace CurKv.Connector.Sessions;

/// <summary>A prefilled and compressed sequence in host memory, from which conversations start. Immutable except for disposal.</summary>
internal sealed unsafe class KvSnapshot : IDisposable
{
    private readonly NativeBuffer _blob = new();
    private bool _isDisposed;

    /// <summary>Creates a snapshot with an empty blob.</summary>
    /// <param name="size">The blob's size in bytes.</param>
    /// <param name="sequence">The sequence, of which a copy is kept.</param>
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

    /// <summary>The blob's size in bytes.</summary>
    public nuint Size { get; }

    /// <summary>The sequence whose cells the blob holds.</summary>
    public KvSequence Contents { get; }

    public void Dispose()
    {
        _isDisposed = true;
        _blob.Dispose();
    }
}
