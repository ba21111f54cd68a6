using CurKv.Connector.KvCache;

namespace CurKv.Connector.Sessions;

/// <summary>A read and compressed sequence in host memory, from which conversations start. Immutable but for disposal.</summary>
internal sealed unsafe class KvSnapshot : IDisposable
{
    private readonly NativeBuffer _blob = new();

    /// <summary>Creates a snapshot whose blob is to be filled.</summary>
    /// <param name="size">The blob's bytes.</param>
    /// <param name="tokens">The tokens that were read.</param>
    /// <param name="cells">The cells that are left of them.</param>
    public KvSnapshot(nuint size, int tokens, int cells)
    {
        _blob.Reserve(size);
        Size = size;
        Tokens = tokens;
        Cells = cells;
    }

    /// <summary>The blob; null once disposed.</summary>
    public byte* Data => _blob.Data;

    /// <summary>The blob's bytes.</summary>
    public nuint Size { get; }

    /// <summary>The tokens that were read; the next one's position.</summary>
    public int Tokens { get; }

    /// <summary>The cells that are left of them.</summary>
    public int Cells { get; }

    public void Dispose() => _blob.Dispose();
}
